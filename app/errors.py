"""What can go wrong, in words that know nothing of HTTP or of exit codes.

DatelineError
├── InvalidInput            the caller's mistake; carries the places of it
│   ├── SpanMismatch        a span that does not say what the text says
│   ├── DocumentError       a source document that cannot be read
│   ├── FetchRefused        an address that is not fetched, or an answer that is not taken
│   ├── KeyReused           a key for one request, sent with another
│   └── QuerySyntaxError    a search that cannot be understood
├── NotFound
│   ├── UnknownCursor       a page that no list of ours has
│   └── Gone                it was there, and was deleted
├── Moved                   it is another one now
├── Unauthorized            this takes a key, and none was shown
│   └── UnknownKey          the key that was shown is not one of ours, or is no more
├── Forbidden               the key does not let its bearer do this
├── SwitchedOff             the operator does not let anybody do this
├── Ambiguous               a name that several entities bear
├── Conflict                what is stored already contradicts what is offered
│   └── OtherDocument       the article is stored, from another document
├── Outdated                what is to be changed was changed meanwhile
├── FetchFailed             another server has no answer, or one that is of no use
├── Unavailable             what does not serve now and will again, or not so much at once
│   ├── QueryTimeout        a query that took too long and was stopped
│   └── AnnotationTimeout   a text that took too long to annotate
└── Misconfigured           an operator's mistake: settings, database, model
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake and its place: a parameter, a JSON pointer (RFC 6901), a position, a line; and what may be meant."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None
    position: int | None = None
    line: int | None = None
    suggestion: str | None = None


def in_words(kind: str, message: str) -> str:
    """What pydantic says of a mistake, by its kind of error: ours where it speaks of Python."""
    return _SAID.get(kind, message.removeprefix("Value error, "))


_SAID = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
    "tuple_type": "is not a list",
    "list_type": "is not a list",
}


class DatelineError(Exception):
    """Base of all errors that Dateline raises on purpose. ``str()`` is a sentence for people."""


class InvalidInput(DatelineError):
    """The caller's mistake. ``faults`` says where."""

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.faults = tuple(faults) or (Fault(detail),)


class SpanMismatch(InvalidInput):
    """A span whose words are not those of the text; ``found`` is None when it lies outside."""

    def __init__(self, start: int, end: int, exact: str, found: str | None) -> None:
        has = "is outside the text" if found is None else f"has {found!r} there"
        super().__init__(f"span {start}..{end} should read {exact!r}, but the text {has}")


class DocumentError(InvalidInput):
    """A source document that cannot be read; ``line`` is one-based where it is known."""

    def __init__(self, detail: str, line: int | None = None) -> None:
        where = f"line {line}: " if line else ""
        super().__init__(f"{where}{detail}", [Fault(detail, line=line)])


class FetchRefused(InvalidInput):
    """An address that is not fetched, or an answer that is not taken, whenever it is asked for again."""


class KeyReused(InvalidInput):
    """An Idempotency-Key that was sent with another request before."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, [Fault(detail, parameter="Idempotency-Key")])


class QuerySyntaxError(InvalidInput):
    """A search query that cannot be understood; ``position`` counts code points from zero.

    ``suggestion`` is a query that can be, and that may be what was meant.
    """

    def __init__(self, detail: str, position: int, suggestion: str | None = None, parameter: str = "q") -> None:
        super().__init__(detail, [Fault(detail, parameter=parameter, position=position, suggestion=suggestion)])


class NotFound(DatelineError):
    """Nothing is stored under that id or name; ``faults`` says which parameter gave it."""

    def __init__(self, detail: str, parameter: str = "id", position: int | None = None) -> None:
        super().__init__(detail)
        self.faults: tuple[Fault, ...] = (Fault(detail, parameter=parameter, position=position),)


class UnknownCursor(NotFound):
    """A cursor that names no page of the list asked for."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "cursor")


class Gone(NotFound):
    """What was stored under that id was deleted, or is none by somebody's decision."""


class Moved(DatelineError):
    """Somebody decided that the entity of one id is the one of another."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old} was merged into {new}")
        self.old = old
        self.new = new


class Unauthorized(DatelineError):
    """Only who shows a key may do this."""


class UnknownKey(Unauthorized):
    """What was shown is no key, or one that was revoked."""


class Forbidden(DatelineError):
    """The key that was shown does not have the scope that this takes."""

    def __init__(self, detail: str, scope: str) -> None:
        super().__init__(detail)
        self.scope = scope


class SwitchedOff(DatelineError):
    """What the settings do not let anybody do."""


class Ambiguous(DatelineError):
    """A name that several entities bear: ``candidates`` are (id, name, type) of each."""

    def __init__(
        self,
        name: str,
        candidates: Sequence[tuple[str, str, str]],
        parameter: str = "id",
        position: int | None = None,
    ) -> None:
        detail = f"{name!r} may be any of {len(candidates)} entities: ask by id"
        super().__init__(detail)
        self.candidates = tuple(candidates)
        self.faults: tuple[Fault, ...] = (Fault(detail, parameter=parameter, position=position),)


class Conflict(DatelineError):
    """What is offered contradicts what is stored."""


class OtherDocument(Conflict):
    """The article of that id is stored already, from another document than the one offered."""

    def __init__(self, detail: str, article: str) -> None:
        super().__init__(detail)
        self.article = article


class Outdated(DatelineError):
    """What is to be changed is not as its writer has seen it."""


class FetchFailed(DatelineError):
    """Another server could not be reached, or did not answer with a document."""


class Unavailable(DatelineError):
    """This is not served now: the database's server is away, another writer keeps it, its disk is full."""


class QueryTimeout(Unavailable):
    """A query was stopped because it took longer than the setting allows."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(f"the query took longer than {timeout_s:g} s and was stopped: ask for less")


class AnnotationTimeout(Unavailable):
    """Annotating a text was given up because it took longer than the setting allows."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(
            f"annotating the text took longer than {timeout_s:g} s: send less of it; to store all of it, ask for a job "
            "with Prefer: respond-async"
        )


class Misconfigured(DatelineError):
    """Something an operator has to mend; the message says how."""
