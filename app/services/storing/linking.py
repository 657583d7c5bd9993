"""Linking: which entity across articles one that an annotator names is."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import update

from app import annotations as said
from app.db import WriteSession
from app.errors import Conflict
from app.models import Entity, EntityAlias, table_of
from app.names import fold
from app.search.packing import KEY_BITS
from app.services.storing.meanings import Meanings
from app.services.storing.naming import decided_among, save_words, settle_names
from app.services.storing.submission import Row, RunKind, public_id
from app.services.storing.tables import insert_rows, next_key, rows_where


class Linker:
    """Entities for one transaction: what the database knows of the names concerned, and what is new.

    Whom a run names does not depend on what people decided; whom that means does.
    """

    def __init__(self, session: WriteSession, entities: Iterable[said.Entity]) -> None:
        self._session = session
        self._entities: dict[tuple[str, str], Row] = {}
        # By entity its names, and whether a run has called it so.
        self._aliases: dict[int, dict[str, bool]] = defaultdict(dict)
        self._persons: dict[str, set[str]] = defaultdict(set)
        self._read(list(entities))
        self._meanings = Meanings(session, (row["id"] for row in self._entities.values()))
        self._first = self._next = next_key(session, Entity)
        self._new: list[Row] = []
        self._changed: dict[int, Row] = {}
        self._new_aliases: list[Row] = []
        self._confirmed: list[tuple[int, str]] = []

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
        """See app.services.storing.meanings."""
        return self._meanings.meant(key, article_id)

    def save(self) -> None:
        """Write what is new."""
        insert_rows(self._session, Entity, self._new)
        for row in self._changed.values():
            changed = table_of(Entity).update().where(table_of(Entity).c.id == row["id"])
            values = {name: row[name] for name in ("identifiers", "by_runs")}
            self._session.connection().execute(changed.values(**values))
        self._save_names()
        named = {row["entity_id"] for row in self._new_aliases} | {key for key, _ in self._confirmed}
        known = {key for key in named | self._changed.keys() if key < self._first}
        settle_names(self._session, decided_among(self._session, known))

    def _save_names(self) -> None:
        first = next_key(self._session, EntityAlias)
        rows = [row | {"id": first + offset} for offset, row in enumerate(self._new_aliases)]
        insert_rows(self._session, EntityAlias, rows)
        save_words(self._session, {row["id"]: row["name_key"] for row in rows})
        table = table_of(EntityAlias)
        for entity, name in self._confirmed:
            which = (table.c.entity_id == entity) & (table.c.name == name)
            self._session.connection().execute(update(table).where(which).values(named=True))

    def _read(self, entities: list[said.Entity]) -> None:
        keys = {fold(name) for entity in entities for name in (entity.name, *entity.aliases)}
        for row in rows_where(self._session, Entity, "name_key", {fold(entity.name) for entity in entities}):
            self._entities[row.name_key, row.type] = row._asdict()
        own = {row["id"] for row in self._entities.values()}
        for row in rows_where(self._session, EntityAlias, "entity_id", own, "entity_id", "name", "named"):
            self._aliases[row.entity_id][row.name] = row.named
        bearers = defaultdict(set)
        for row in rows_where(self._session, EntityAlias, "name_key", keys, "name_key", "entity_id", "named"):
            if row.named:
                bearers[row.entity_id].add(row.name_key)
        for row in rows_where(self._session, Entity, "id", bearers, "id", "name_key", "type"):
            if row.type == "PERSON":
                for key in bearers[row.id]:
                    self._persons[key].add(row.name_key)

    def _add(self, key: str, entity: said.Entity) -> Row:
        if self._next >> KEY_BITS:
            raise Conflict(f"{self._next} entities are all that facets can tell apart")
        row: Row = {
            "id": self._next,
            "public_id": public_id("ent", key, entity.type),
            "type": entity.type,
            "name": entity.name,
            "name_key": key,
            "sort_key": key,
            "identifiers": {},
            **dict.fromkeys(("articles", "mentions", "spoken", "about", "relayed"), 0),
            "merged_into": None,
            "rejected": False,
            "by_runs": None,
        }
        self._next += 1
        self._new.append(row)
        self._entities[key, entity.type] = row
        return row

    def _identify(self, row: Row, identifiers: dict[str, str]) -> None:
        by_runs = row["by_runs"] or row
        together = by_runs["identifiers"] | identifiers
        if together != by_runs["identifiers"]:
            by_runs["identifiers"] = together
            if row["id"] < self._first:
                self._changed[row["id"]] = row

    def _name(self, row: Row, name: str) -> None:
        names, key = self._aliases[row["id"]], fold(name)
        if names.get(name):
            return
        if name in names:
            self._confirmed.append((row["id"], name))
        else:
            self._new_aliases.append(
                {"entity_id": row["id"], "name": name, "name_key": key, "named": True, "shown": True}
            )
        names[name] = True
        if row["type"] == "PERSON":
            self._persons[key].add(row["name_key"])
