"""Linking: which entity across articles one that an annotator names is."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from app import annotations as said
from app.db import WriteSession
from app.errors import Conflict
from app.models import AliasWord, Entity, EntityAlias, EntitySplit, NameWord, table_of
from app.names import fold, name_words
from app.search.packing import KEY_BITS
from app.services.storing.submission import Row, RunKind, public_id
from app.services.storing.tables import insert_rows, next_key, rows_where


class Linker:
    """Entities for one transaction: what the database knows of the names concerned, and what is new."""

    def __init__(self, session: WriteSession, entities: Iterable[said.Entity]) -> None:
        self._session = session
        self._entities: dict[tuple[str, str], Row] = {}
        self._aliases: dict[int, set[str]] = defaultdict(set)
        self._persons: dict[str, set[str]] = defaultdict(set)
        self._decided: dict[int, Row] = {}
        self._splits: dict[tuple[int, int], int] = {}
        self._read(list(entities))
        self._first = self._next = next_key(session, Entity)
        self._new: list[Row] = []
        self._changed: dict[int, Row] = {}
        self._new_aliases: list[Row] = []

    def link(self, kind: RunKind, entity: said.Entity) -> int | None:
        """The key of the entity meant; None for a lone word by which the machine may mean any of several people.

        A surname is linked in an article that gives the full name; where none does, whom it means stays open.
        """
        key = fold(entity.name)
        if kind == "machine" and entity.type == "PERSON" and " " not in key and self._persons[key] - {key}:
            return None
        row = self._entities.get((key, entity.type)) or self._add(key, entity)
        self._identify(row, entity.identifiers)
        for name in dict.fromkeys((entity.name, *entity.aliases)):
            self._name(row, name)
        return int(row["id"])

    def meant(self, key: int | None, article_id: int) -> int | None:
        """Whom people decided that the entity of this key is, in this article; None where it is none."""
        if key is None:
            return None
        row = self._decided.get(key)
        split = self._splits.get((key, article_id))
        if split is not None:
            return self.meant(split, article_id)
        if row is None:
            return key
        return None if row["rejected"] else self.meant(row["merged_into"], article_id)

    def save(self) -> None:
        """Write what is new."""
        insert_rows(self._session, Entity, self._new)
        for row in self._changed.values():
            changed = table_of(Entity).update().where(table_of(Entity).c.id == row["id"])
            self._session.connection().execute(changed.values(identifiers=row["identifiers"]))
        first = next_key(self._session, EntityAlias)
        rows = [row | {"id": first + offset} for offset, row in enumerate(self._new_aliases)]
        insert_rows(self._session, EntityAlias, rows)
        save_words(self._session, {row["id"]: row["name_key"] for row in rows})

    def _read(self, entities: list[said.Entity]) -> None:
        keys = {fold(name) for entity in entities for name in (entity.name, *entity.aliases)}
        for row in rows_where(self._session, Entity, "name_key", {fold(entity.name) for entity in entities}):
            self._entities[row.name_key, row.type] = row._asdict()
        own = {row["id"] for row in self._entities.values()}
        for row in rows_where(self._session, EntityAlias, "entity_id", own, "entity_id", "name"):
            self._aliases[row.entity_id].add(row.name)
        bearers = defaultdict(set)
        for row in rows_where(self._session, EntityAlias, "name_key", keys, "name_key", "entity_id"):
            bearers[row.entity_id].add(row.name_key)
        for row in rows_where(self._session, Entity, "id", bearers, "id", "name_key", "type"):
            if row.type == "PERSON":
                for key in bearers[row.id]:
                    self._persons[key].add(row.name_key)
        self._read_decisions(own)

    def _read_decisions(self, keys: set[int]) -> None:
        """Merges, splits and rejections of these entities, and of those they lead to."""
        while keys:
            rows = [row._asdict() for row in rows_where(self._session, Entity, "id", keys)]
            self._decided |= {row["id"]: row for row in rows if row["merged_into"] is not None or row["rejected"]}
            splits = list(rows_where(self._session, EntitySplit, "entity_id", keys))
            self._splits |= {(split.entity_id, split.article_id): split.target_id for split in splits}
            next_ones = {row["merged_into"] for row in rows} | {split.target_id for split in splits}
            keys = next_ones - {None} - keys

    def _add(self, key: str, entity: said.Entity) -> Row:
        if self._next >> KEY_BITS:
            raise Conflict(f"{self._next} entities are all that facets can tell apart")
        row: Row = {
            "id": self._next,
            "public_id": public_id("ent", key, entity.type),
            "type": entity.type,
            "name": entity.name,
            "name_key": key,
            "identifiers": {},
            **dict.fromkeys(("articles", "mentions", "spoken", "about", "relayed"), 0),
            "merged_into": None,
            "rejected": False,
        }
        self._next += 1
        self._new.append(row)
        self._entities[key, entity.type] = row
        return row

    def _identify(self, row: Row, identifiers: dict[str, str]) -> None:
        together = row["identifiers"] | identifiers
        if together != row["identifiers"]:
            row["identifiers"] = together
            if row["id"] < self._first:
                self._changed[row["id"]] = row

    def _name(self, row: Row, name: str) -> None:
        if name in self._aliases[row["id"]]:
            return
        self._aliases[row["id"]].add(name)
        key = fold(name)
        self._new_aliases.append({"entity_id": row["id"], "name": name, "name_key": key, "named_id": None})
        if row["type"] == "PERSON":
            self._persons[key].add(row["name_key"])


def save_words(session: WriteSession, names: dict[int, str]) -> None:
    """Index aliases, by key, by the words in them."""
    words = {key: set(name_words(name)) for key, name in names.items()}
    keys = _word_keys(session, {word for found in words.values() for word in found})
    rows = [{"word_id": keys[word], "alias_id": key} for key, found in words.items() for word in sorted(found)]
    insert_rows(session, AliasWord, rows)


def _word_keys(session: WriteSession, forms: set[str]) -> dict[str, int]:
    known = {row.form: row.id for row in rows_where(session, NameWord, "form", forms)}
    missing = list(_numbered(sorted(forms - known.keys()), next_key(session, NameWord)))
    insert_rows(session, NameWord, [{"id": key, "form": form} for form, key in missing])
    return known | dict(missing)


def _numbered(forms: list[str], first: int) -> Iterator[tuple[str, int]]:
    return ((form, first + offset) for offset, form in enumerate(forms))
