"""What search is measured next to: a plain FTS5 table asked in SQL, and tantivy, both on the same text."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import tantivy

from benchmarks.queries import Query

BEST = 20
HEADLINE_BOOST = 4.0
WRITER_BYTES = 200_000_000

Found = list[tuple[object, ...]]


class Engine(Protocol):
    """Answers a query with the 20 best, each with its highlights."""

    def search(self, query: Query) -> object:
        """The answer."""


class Fts5:
    """A file that holds the articles of a library and an FTS5 table over them, on one open connection.

    ``statement`` is FTS5 as its documentation shows it: ranked, limited and highlighted in one statement.
    """

    statement = f"""
        SELECT article.public_id, article.headline, article.published, article.publisher, article.url,
               highlight(plain, 0, '<mark>', '</mark>'), highlight(plain, 1, '<mark>', '</mark>')
        FROM plain JOIN article ON article.id = plain.rowid
        WHERE plain MATCH ? ORDER BY bm25(plain, {HEADLINE_BOOST}, 1.0) LIMIT {BEST}
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)

    def search(self, query: Query) -> Found:
        """The rows of the 20 best, highlighted."""
        return self._connection.execute(self.statement, (query.fts5,)).fetchall()


class RankedFirst(Fts5):
    """The same as somebody who knows FTS5 well writes it: only what is answered is joined and highlighted."""

    statement = f"""
        SELECT article.public_id, article.headline, article.published, article.publisher, article.url,
               highlight(plain, 0, '<mark>', '</mark>'), highlight(plain, 1, '<mark>', '</mark>')
        FROM plain JOIN article ON article.id = plain.rowid
        WHERE plain MATCH ?1 AND plain.rowid IN (
            SELECT rowid FROM plain WHERE plain MATCH ?1 AND rank MATCH 'bm25({HEADLINE_BOOST}, 1.0)'
            ORDER BY rank LIMIT {BEST}
        )
    """


class Tantivy:
    """An index of the headlines and texts, stored in it, opened once."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()

    def search(self, query: Query) -> list[dict[str, object]]:
        """The documents of the 20 best, with the best fragment of the text as HTML."""
        parsed = self._parsed(query)
        snippets = tantivy.SnippetGenerator.create(self._searcher, parsed, self._index.schema, "text")
        hits = self._searcher.search(parsed, BEST, count=False).hits
        documents = [self._searcher.doc(address) for _, address in hits]
        return [document.to_dict() | {"html": snippets.snippet_from_doc(document).to_html()} for document in documents]

    def _parsed(self, query: Query) -> tantivy.Query:
        prefixes = {"headline": (True, 0, False), "text": (True, 0, False)} if query.is_prefix else {}
        return self._index.parse_query(
            query.tantivy, ["headline", "text"], field_boosts={"headline": HEADLINE_BOOST}, fuzzy_fields=prefixes
        )


def build_fts5(library: Path, path: Path) -> None:
    """Make the file that Fts5 asks, of a library, unless it is there."""
    if path.is_file():
        return
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    connection = sqlite3.connect(partial)
    connection.executescript(f"""
        PRAGMA journal_mode = OFF;
        ATTACH '{library}' AS library;
        CREATE TABLE article (
            id INTEGER PRIMARY KEY, public_id TEXT, headline TEXT, published TEXT, publisher TEXT, url TEXT, text TEXT
        );
        INSERT INTO article SELECT id, public_id, headline, published, publisher, url, text FROM library.article;
        CREATE VIRTUAL TABLE plain USING fts5(
            headline, text, content='article', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
        );
        INSERT INTO plain(plain) VALUES ('rebuild');
    """)
    connection.close()
    partial.rename(path)


def build_tantivy(library: Path, folder: Path) -> None:
    """Make the index that Tantivy asks, of a library, unless it is there."""
    if folder.is_dir():
        return
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    fields = tantivy.SchemaBuilder()
    for name in ("public_id", "headline", "text"):
        fields.add_text_field(name, stored=True, tokenizer_name="raw" if name == "public_id" else "default")
    index = tantivy.Index(fields.build(), str(partial))
    writer = index.writer(WRITER_BYTES)
    for public_id, headline, text in _articles(library):
        writer.add_document(tantivy.Document(public_id=public_id, headline=headline or "", text=text))
    writer.commit()
    writer.wait_merging_threads()
    partial.rename(folder)


def _articles(library: Path) -> Iterator[tuple[str, str | None, str]]:
    connection = sqlite3.connect(library)
    yield from connection.execute("SELECT public_id, headline, text FROM article")
    connection.close()
