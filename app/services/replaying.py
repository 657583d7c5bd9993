"""Replaying runs: annotating a text again, to prove that the annotator said what its run says it did."""

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlmodel import col, select

from app import annotations as said
from app.db import Database, ReadSession
from app.errors import InvalidInput
from app.models import Article, Revision, Run
from app.names import fold
from app.services.annotating import AnnotatorService
from app.services.batch import Annotators
from app.services.comparing import Differences, compare
from app.services.storing import Authorship
from app.services.storing.reading import annotations_of

# Runs that are looked through at a time.
CHUNK = 1_000
# What is known of each text of an article; its address is that of all.
_METADATA = ("headline", "published", "publisher", "dateline")
# Differences that are told of a run.
SHOWN = 5


Outcome = Literal["ok", "different", "not replayed"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whether a run has the digest of what the annotator says now; ``detail`` says what differs, or why not to tell."""

    run: str
    outcome: Outcome
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The keys of the runs that this annotator can replay, and those that it cannot."""

    keys: "array[int]" = field(default_factory=lambda: array("q"))
    others: list[Replayed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run, its text, and what was known of the article beside it: of each revision that had the same text."""

    key: int
    id: str
    digest: str
    text: str
    metadata: tuple[said.Metadata, ...]


def plan(database: Database, by: Authorship, runs: Sequence[str] = ()) -> Plan:
    """Which of these runs ``by`` has made, or which there are of its."""
    made = Plan()
    if not runs:
        made.keys.extend(_all(database, by))
    for run_id in dict.fromkeys(runs):
        with database.read() as session:
            run = session.exec(select(Run).where(Run.public_id == run_id)).one_or_none()
        if run is not None and by.made(run):
            made.keys.append(run.id or 0)
        else:
            made.others.append(Replayed(run_id, "not replayed", _why_not(run, by)))
    return made


def replay(database: Database, annotators: Annotators, keys: Collection[int]) -> Iterator[Replayed]:
    """Annotate the texts of the runs with these keys again, and say of each run whether it has the same digest."""
    for run, now in annotators.each(_annotate, _runs(database, keys)):
        if now is None:
            yield Replayed(run.id, "ok")
        elif isinstance(now, str):
            yield Replayed(run.id, "different", now)
        else:
            with database.read() as session:
                stored = annotations_of(session, run.key)
            yield Replayed(run.id, "different", _told(list(_differences(stored, now))))


def _all(database: Database, by: Authorship) -> Iterator[int]:
    last = 0
    machine = select(Run).where(Run.kind == "machine").order_by(col(Run.id)).limit(CHUNK)
    while True:
        # A session for each chunk: none is open long.
        with database.read() as session:
            runs = session.exec(machine.where(col(Run.id) > last)).all()
        if not runs:
            return
        yield from (run.id or 0 for run in runs if by.made(run))
        last = runs[-1].id or 0


def _why_not(run: Run | None, by: Authorship) -> str:
    if run is None:
        return "there is no such run"
    if run.kind == "human":
        return f"it is by people ({run.annotator} {run.version}), whom nobody can replay"
    theirs = Authorship("machine", run.annotator, run.version, run.model, run.parameters)
    return f"it is by {_described(theirs)}, and here is {_described(by)}"


def _described(by: Authorship) -> str:
    parameters = ", ".join(f"{name} {value}" for name, value in sorted(by.parameters.items()))
    return f"{by.annotator} {by.version} on {by.model or 'no model'}{f' ({parameters})' if parameters else ''}"


def _runs(database: Database, keys: Collection[int]) -> Iterator[_Run]:
    for key in keys:
        with database.read() as session:
            run = session.get(Run, key)
            if run is not None:  # its article may have been deleted meanwhile
                yield _loaded(session, run)


def _loaded(session: ReadSession, run: Run) -> _Run:
    article = select(Article.url, Article.revision, *_of(Article)).where(Article.id == run.article_id)
    earlier = select(Revision.number, *_of(Revision)).where(Revision.article_id == run.article_id)
    url, *newest = session.execute(article).one()
    texts = {number: row for number, *row in [newest, *session.execute(earlier)]}
    digest, text, *metadata = texts.pop(run.revision)
    same = [metadata, *(others for each, _, *others in texts.values() if each == digest)]
    known = (said.Metadata.model_construct(url=url, **dict(zip(_METADATA, each, strict=True))) for each in same)
    return _Run(run.id or 0, run.public_id, run.digest, text, tuple(dict.fromkeys(known)))


def _of(model: type[Article | Revision]) -> list[Any]:
    return [getattr(model, name) for name in ("text_sha256", "text", *_METADATA)]


def _annotate(service: AnnotatorService, run: _Run) -> tuple[_Run, said.Annotations | str | None]:
    """What is said now, where it has another digest than the run, or why nothing is."""
    try:
        made = [service.annotate(run.text, metadata) for metadata in run.metadata]
    except InvalidInput as error:
        return run, str(error)
    return run, None if run.digest in {each.digest() for each in made} else made[0]


def _told(differences: list[str]) -> str:
    if not differences:
        return "mentions and quotes are the same, other names of entities are not"
    more = len(differences) - SHOWN
    return "; ".join([*differences[:SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _differences(stored: said.Annotations, now: said.Annotations) -> Iterator[str]:
    """In words; entities are the same by what they are found by across articles."""
    keys = ((fold(entity.name), entity.type) for entity in (*stored.entities, *now.entities))
    numbers: dict[tuple[str, str], int] = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    old, new = _renumbered(stored, numbers), _renumbered(now, numbers)
    yield from _in_words("mention", compare(old.mentions, new.mentions))
    yield from _in_words("quote", compare(old.quotes, new.quotes))


def _renumbered(annotations: said.Annotations, numbers: dict[tuple[str, str], int]) -> said.Annotations:
    places = [numbers[fold(entity.name), entity.type] for entity in annotations.entities]
    made = annotations.model_dump()
    for linked in (*made["mentions"], *(source for quote in made["quotes"] for source in quote["sources"])):
        if linked["entity"] is not None:
            linked["entity"] = places[linked["entity"]]
    return said.Annotations.model_validate(made)


def _in_words(kind: str, found: Differences[Any]) -> Iterator[str]:
    for each in found.removed:
        yield f"{kind} {_words(each)} is stored, and not found now"
    for each in found.added:
        yield f"{kind} {_words(each)} is found now, and not stored"
    for change in found.changed:
        yield f"{kind} {_words(change.after)} differs in {', '.join(change.fields)}"


def _words(each: said.Mention | said.Quote) -> str:
    span = each.content[0] if isinstance(each, said.Quote) else each
    return f"{span.exact[:40]!r} at {span.start}"
