"""dateline keys and audit: who may read, write, correct and administer, and who did what."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from app.cli.console import err, opened, out, unhurried
from app.config import load_settings
from app.db import WriteSession
from app.services import keys
from app.services.access import Scope
from app.services.journal import command_line, entries

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="keys", help="Create, list, rotate and revoke the keys that let others in.")

NameOrId = Annotated[str, typer.Argument(metavar="NAME", help="The name of a key, or its id.")]


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is: the audit log says so of what they write.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do, besides reading; may be repeated.")],
) -> None:
    """Make a key and print its secret, which is shown only now."""
    with _writing() as session:
        key, secret = keys.create_key(session, command_line(), name, scope)
        said = f"{key.public_id}, {key.name}: {', '.join(key.scopes)}"
    _show(said, secret)


@group.command(name="list")
def list_() -> None:
    """List all keys, revoked ones too."""
    table = Table("id", "name", "scopes", "created", "last used", "revoked", box=box.MARKDOWN)
    with opened(unhurried()) as database, database.read() as session:
        for key in keys.list_keys(session):
            times = (_time(at) for at in (key.created_at, key.last_used_at, key.revoked_at))
            table.add_row(key.public_id, key.name, " ".join(key.scopes), *times)
    out.print(table)


@group.command()
def rotate(name: NameOrId) -> None:
    """Give a key a new secret and print it; the one it had is worth nothing from now on."""
    with _writing() as session:
        key, secret = keys.rotate_key(session, command_line(), name)
        said = f"{key.public_id}, {key.name}, has a new secret"
    _show(said, secret)


@group.command()
def revoke(name: NameOrId) -> None:
    """Let nobody use a key again; it stays listed."""
    with _writing() as session:
        key = keys.revoke_key(session, command_line(), name)
        said = f"{key.public_id}, {key.name}, is revoked"
    out.print(said, markup=False)


@app.command()
def audit(
    author: Annotated[str | None, typer.Option(help="By whom: the name of a key, or cli:USER.")] = None,
    action: Annotated[str | None, typer.Option(help="Such as article.store.")] = None,
    subject: Annotated[str | None, typer.Option(help="To what: its id.")] = None,
    request_id: Annotated[str | None, typer.Option(help="In which request.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 100,
) -> None:
    """Print who has written what, newest first, a line of JSON each."""
    with opened(unhurried()) as database, database.read() as session:
        for entry in entries(session, limit, author=author, action=action, subject=subject, request_id=request_id):
            sys.stdout.write(entry.model_dump_json(exclude_none=True) + "\n")


@contextmanager
def _writing() -> Iterator[WriteSession]:
    with opened(load_settings()) as database, database.write() as session:
        yield session


def _show(said: str, secret: str) -> None:
    """The secret alone on standard output, for KEY=$(dateline keys create …)."""
    err.print(f"{said}. Keep the secret: it is not shown again.", markup=False)
    out.print(secret, markup=False)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S")
