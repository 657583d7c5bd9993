"""The README and docs/ tell the truth: their examples are run, their tables are held to the code."""

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest

from app.config import Settings
from app.main import create_app
from tests.conftest import ROOT, asking, dateline, served
from tests.keys import a_key

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
HELP = re.compile(r"^│ (?P<name>[a-z]+) {2,}(?P<help>\S.*?) *│$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]*)(?:#(?P<heading>[^)]+))?\)")


@dataclass(frozen=True)
class Example:
    """A command of a ``console`` block, and what a page shows that it prints; … stands for anything."""

    place: str
    command: str
    shown: str

    def check(self, printed: str) -> None:
        """Compare white space apart, since answers are shown broken into lines."""
        parts = (re.escape(_squeezed(part)) for part in self.shown.split("…"))
        if not re.fullmatch(".*".join(parts), _squeezed(printed)):
            raise AssertionError(f"{self.place} prints\n{printed}")


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def examples() -> Iterator[Example]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in CONSOLE.finditer(text):
            for found in COMMAND.finditer(block[1]):
                line = text.count("\n", 0, block.start(1) + found.start()) + 1
                yield Example(f"{page.name}:{line}", found[1], found[2])


EXAMPLES = list(examples())
READING = [example for example in EXAMPLES if "$KEY" not in example.command]
WRITING = [example for example in EXAMPLES if "$KEY" in example.command]


def encoded(text: str) -> str:
    """Refuse what curl would send as it is, and servers do not understand."""
    assert re.fullmatch(r"[\w.~:/?&=%+*-]+", text, re.ASCII), f"{text} has to be percent-encoded"
    return text


def to_encode(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={quote_plus(value)}"


CURL = ArgumentParser("curl")  # of its options, those that the pages use
CURL.add_argument("url", type=encoded)
CURL.add_argument("-G", dest="get", action="store_true")
CURL.add_argument("-d", dest="data", type=encoded, action="append", default=[])
CURL.add_argument("--data-urlencode", dest="data", type=to_encode, action="append")
CURL.add_argument("--json")
CURL.add_argument("--data-binary", dest="body")
CURL.add_argument("-X", dest="method")
CURL.add_argument("-r", dest="range")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-i", dest="include", action="store_true")


def curl(client: httpx.Client, arguments: list[str]) -> str:
    """What curl would print."""
    asked = CURL.parse_args(arguments)
    assert asked.get or not asked.data, "-d without -G would be a form"
    headers = dict(header.split(": ", 1) for header in asked.headers)
    if asked.range:
        headers["Range"] = f"bytes={asked.range}"
    if asked.json:
        headers["Content-Type"] = "application/json"
    url = asked.url.removeprefix("http://127.0.0.1:8000") + ("?" + "&".join(asked.data) if asked.data else "")
    content = asked.json or asked.body
    method = asked.method or ("POST" if content else "GET")
    answer = client.request(method, url, headers=headers, content=content and content.encode())
    return _head(answer) + answer.text if asked.include else answer.text


def _head(answer: httpx.Response) -> str:
    lines = (f"{name}: {value}\n" for name, value in answer.headers.items())
    return f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\n{''.join(lines)}\n"


@pytest.mark.parametrize("example", READING, ids=lambda example: example.place)
def test_an_example_prints_what_the_page_shows(example: Example, client: httpx.Client, seeded: str) -> None:
    program, *arguments = shlex.split(example.command)
    if program == "curl":
        example.check(curl(client, arguments))
    else:
        assert program == "dateline"
        example.check(dateline(*arguments, database=seeded).stdout)


def test_examples_of_writing_print_what_the_pages_show(seeded_copy: str) -> None:
    """One after the other, as somebody would who follows the guide with a key."""
    app = create_app(Settings(database_url=seeded_copy))
    key = a_key(app.state.database, "write", "correct").removeprefix("Bearer ")
    with served(app) as base, asking(base) as client:
        for example in WRITING:
            _, *arguments = shlex.split(example.command.replace("$KEY", key))
            example.check(curl(client, arguments))


def test_the_readme_and_the_guide_have_examples() -> None:
    places = {example.place.partition(":")[0] for example in EXAMPLES}
    assert {"README.md", "api.md", "operating.md"} <= places


def test_an_example_that_shows_something_else_is_found() -> None:
    example = Example("here", "curl /", '{"a": …, "b": [2]}')
    example.check('{"a":1,"b":[2]}')
    with pytest.raises(AssertionError):
        example.check('{"a":1,"b":[3]}')


def test_the_guide_has_every_path(client: httpx.Client) -> None:
    table = API.partition("## Names and ids")[0]
    missing = [p for p in client.get("/openapi.json").json()["paths"] if not re.search(rf"{re.escape(p)}[`?]", table)]
    assert missing == []


def below(head: str) -> list[list[str]]:
    """The cells below this head of a table in api.md, row by row."""
    lines = API.partition(head)[2].splitlines()[1:]
    return [re.split(r" (?<!\\)\| ", line[2:-2]) for line in takewhile(bool, lines)]


def code(cell: str) -> str | None:
    """What a cell begins with, as one types it; None where that is no code."""
    found = re.match("`([^`]+)`", cell)
    return found and found[1].replace("\\|", "|")


@pytest.mark.parametrize("query", [code(row[0]) for row in below("| write | to find |\n")])
def test_the_queries_of_the_guide_find_the_seed_article(client: httpx.Client, query: str) -> None:
    answer = client.get("/search", params={"q": query}).json()
    assert [item["id"] for item in answer["items"]] == ["art_g6vdfjjqimbg42rv"]


@pytest.mark.parametrize("row", below("| mistake | position | suggestion |\n"), ids=lambda row: row[0])
def test_the_mistakes_of_the_guide_are_answered_as_it_says(client: httpx.Client, row: list[str]) -> None:
    mistake, position, suggestion = row
    answer = client.get("/search", params={"q": code(mistake)})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["position"], error.get("suggestion")) == (int(position), code(suggestion))


def rows(first_cell: str) -> list[str]:
    """The rows of the tables in operating.md whose first cell begins so."""
    return [line for line in OPERATING.splitlines() if line.startswith(f"| `{first_cell}")]


def test_the_settings_table_is_the_settings() -> None:
    fields = Settings.model_fields.items()
    expected = [
        f"| `DATELINE_{name.upper()}` | {'unset' if field.default is None else f'`{field.default}`'} "
        f"| {field.description} |"
        for name, field in fields
    ]
    assert rows("DATELINE_") == expected


def test_the_commands_table_is_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    listed = HELP.finditer(dateline("--help").stdout)
    assert rows("dateline ") == [f"| `dateline {command['name']}` | {command['help']} |" for command in listed]


def test_the_backup_commands_back_up_and_restore(tmp_path: Path) -> None:
    commands = re.findall(r"^dateline (backup|restore) (/backups/.*)$", OPERATING, re.MULTILINE)
    url = f"sqlite:///{tmp_path}/dateline.db"
    assert dateline("migrate", database=url).returncode == 0
    (tmp_path / "backups").mkdir()
    for command, arguments in commands:
        here = arguments.replace("/backups", str(tmp_path / "backups"))
        assert dateline(command, *shlex.split(here), database=url).returncode == 0
    assert [command for command, _ in commands] == ["backup", "restore"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / link["path"] if link["path"] else page
        assert target.exists(), link[0]
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if link["heading"] else []
        slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert link["heading"] is None or link["heading"] in slugs, link[0]
