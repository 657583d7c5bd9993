"""Replaying: the annotator says of a text what it said, or what it says otherwise is told."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from app.annotate import Annotator
from app.config import Settings
from app.db import Database
from app.models import Mention, Quote, Run
from app.services.journal import Writer
from app.services.revising import revise
from app.services.storing import Authorship, Submission, store
from app.services.versions import Expected
from tests.conftest import dateline
from tests.databases import Databases
from tests.stories import EDITOR, MACHINE, Story, tell

TEXT = "“We will not leave,” said Aigul Saparova, a teacher in Oral. The city would appeal on Monday, she added."
WHATEVER = Expected(None)
WRITER = Writer("tests")


@pytest.fixture
def by(annotator: Annotator) -> Authorship:
    return Authorship("machine", annotator.name, annotator.version, annotator.model, annotator.parameters)


def annotated(annotator: Annotator, by: Authorship, story: Story) -> Submission:
    """A document that this annotator has read, and what it says of it."""
    made = story.submission()
    annotations = annotator.annotate(made.document.text, made.document.metadata)
    return replace(made, runs=((by, annotations),))


def stored(database: Database, submission: Submission) -> str:
    with database.write() as session:
        (made,) = store(session, [submission])
    return made.id


def revised(database: Database, article: str, submission: Submission) -> None:
    with database.write() as session:
        revise(session, article, WHATEVER, submission, WRITER)


def test_what_the_annotator_said_it_says_again(
    settings: Settings, database: Database, annotator: Annotator, by: Authorship
) -> None:
    stored(database, annotated(annotator, by, Story("One", TEXT, date(2011, 10, 31))))
    # A run stays over the text that it is over; and one over a text that is dated otherwise now, over the same text.
    changed = stored(database, annotated(annotator, by, Story("Two", TEXT + " They wait.", date(2011, 10, 31))))
    revised(database, changed, annotated(annotator, by, Story("Two", TEXT + " They wait for an answer.")))
    dated = stored(database, annotated(annotator, by, Story("Three", TEXT + " So it was.", date(2011, 10, 31))))
    revised(database, dated, Story("Three", TEXT + " So it was.", date(2021, 1, 1)).submission())
    done = dateline("replay", "--all", "--jobs", "2", database=settings.database_url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "4 ok, 0 different, 0 not replayed\n", "")


def test_what_differs_is_told(settings: Settings, database: Database, annotator: Annotator, by: Authorship) -> None:
    stored(database, annotated(annotator, by, Story("One", TEXT)))
    with database.read() as session:
        run = session.exec(select(Run.public_id)).one()
        teacher = session.exec(select(Mention).where(Mention.exact == "Oral")).one()
    with database.write() as session:
        connection = session.connection()
        connection.execute(update(Run).values(digest="0" * 64))
        connection.execute(update(Mention).where(col(Mention.id) == teacher.id).values(type="ORG"))
        connection.execute(update(Quote).where(col(Quote.ordinal) == 0).values(kind="indirect"))
    done = dateline("replay", run, database=settings.database_url)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{run}: different: mention 'Oral' at {TEXT.index('Oral')} differs in type; "
        f"quote 'We will not leave,' at 1 differs in kind",
        "0 ok, 1 different, 0 not replayed",
    ]
    every = dateline("replay", "--all", database=settings.database_url)
    assert (every.returncode, every.stdout) == (1, done.stdout)


def test_what_cannot_be_replayed_here_is_said(settings: Settings, database: Database, by: Authorship) -> None:
    tell(database, [Story("One", TEXT)], MACHINE)
    tell(database, [Story("Two", TEXT)], EDITOR)
    tell(database, [Story("Three", TEXT)], replace(by, parameters={"spacy": "0"}))
    with database.read() as session:
        runs = [run.public_id for run in session.exec(select(Run).order_by(col(Run.id)))]
    done = dateline("replay", *runs, "run_absent", database=settings.database_url)
    assert done.returncode == 1
    ours = f"{by.annotator} {by.version} on {by.model}"
    assert done.stdout.splitlines() == [
        f"{runs[0]}: not replayed: it is by test 1 on no model, and here is {ours} (spacy {by.parameters['spacy']})",
        f"{runs[1]}: not replayed: it is by people (editor 1), whom nobody can replay",
        f"{runs[2]}: not replayed: it is by {ours} (spacy 0), and here is {ours} (spacy {by.parameters['spacy']})",
        "run_absent: not replayed: there is no such run",
        "0 ok, 0 different, 4 not replayed",
    ]


@pytest.mark.parametrize("arguments", [(), ("run_absent", "--all")])
def test_it_wants_runs_or_all(files: Databases, arguments: tuple[str, ...]) -> None:
    done = dateline("replay", *arguments, database=files.create())
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "dateline: name runs, or say --all\n")
