"""What entities are called: the names and identifiers that runs give them, and what people decided about those."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, update
from sqlmodel import col

from app.db import WriteSession
from app.models import AliasWord, Decision, Entity, EntityAlias, EntitySplit, NameWord, table_of
from app.names import fold, name_words
from app.services.storing.submission import Row, Rows
from app.services.storing.tables import insert_rows, next_key, rows_where


@dataclass(slots=True)
class _Known:
    """Under which names, and identifiers, an entity is known."""

    name: str
    names: set[str]
    identifiers: dict[str, str]

    def change(self, made: dict[str, Any]) -> None:
        """Do what a decision says that adds an entity, or changes one."""
        self.name = made.get("name", self.name)
        self.names = {*self.names, *made.get("add", ()), self.name} - set(made.get("remove", ()))
        identifiers = self.identifiers | made.get("identify", {})
        self.identifiers = {k: v for k, v in identifiers.items() if k not in made.get("forget", ())}

    def join(self, other: "_Known") -> None:
        """Be the other one, too."""
        self.names |= other.names
        self.identifiers = other.identifiers | self.identifiers


def settle_names(session: WriteSession, keys: Iterable[int]) -> None:
    """Have the entities with these keys, and those that they were merged into, called what they are to be called.

    To be done whenever a run calls one otherwise about which something is decided, or that is decided or undone.
    """
    family = _Family(session, set(keys))
    for key in family.keys:
        _write(session, family.rows[key], family.aliases[key], family.known(key))


def decided_among(session: WriteSession, keys: Collection[int]) -> set[int]:
    """Those of the entities with these keys about whose names something is decided; others are called as runs do."""
    merged = {row.id for row in rows_where(session, Entity, "id", keys, "id", "merged_into") if row.merged_into}
    joined = {row.merged_into for row in rows_where(session, Entity, "merged_into", keys, "merged_into")}
    split = {row.target_id for row in rows_where(session, EntitySplit, "target_id", keys, "target_id")}
    return merged | joined | split | {row.entity_id for row in rows_where(session, Decision, "entity_id", keys)}


def save_words(session: WriteSession, names: dict[int, str]) -> None:
    """Index aliases, by key, by the words in them."""
    words = {key: set(name_words(name)) for key, name in names.items()}
    keys = _word_keys(session, {word for found in words.values() for word in found})
    rows = [{"word_id": keys[word], "alias_id": key} for key, found in words.items() for word in sorted(found)]
    insert_rows(session, AliasWord, rows)


def drop_words(session: WriteSession, aliases: Iterable[int]) -> None:
    """Find these aliases no more."""
    keys = sorted(aliases)
    words = {row.word_id for row in rows_where(session, AliasWord, "alias_id", keys, "word_id")}
    session.execute(delete(AliasWord).where(col(AliasWord.alias_id).in_(keys)))
    unused = ~exists().where(col(AliasWord.word_id) == NameWord.id)
    session.execute(delete(NameWord).where(col(NameWord.id).in_(sorted(words)), unused))


class _Family:
    """Entities, those they were merged into, and all that were merged into any of these."""

    def __init__(self, session: WriteSession, keys: set[int]) -> None:
        self.rows: dict[int, Row] = {}
        following = set(keys)
        while following:
            self.rows |= {row.id: row._asdict() for row in rows_where(session, Entity, "id", following)}
            following = {row["merged_into"] for row in self.rows.values()} - {None} - self.rows.keys()
        self.keys = sorted(self.rows)
        following = set(self.keys)
        while following:
            merged = {row.id: row._asdict() for row in rows_where(session, Entity, "merged_into", following)}
            following = merged.keys() - self.rows.keys()
            self.rows |= merged
        self._events = _events(session, self.rows)
        self.aliases: dict[int, Rows] = defaultdict(list)
        for alias in rows_where(session, EntityAlias, "entity_id", self.rows):
            self.aliases[alias.entity_id].append(alias._asdict())

    def known(self, key: int) -> _Known:
        """What one of them is to be called: what runs say, and then one decision after the other."""
        row = self.rows[key]
        by_runs = row["by_runs"] or row
        names = {alias["name"] for alias in self.aliases[key] if alias["named"]}
        known = _Known(by_runs["name"], names, dict(by_runs["identifiers"]))
        for event in sorted(self._events.get(key, ()), key=lambda event: int(event["decision"])):
            if "merged" in event:
                known.join(self.known(event["merged"]))
            else:
                known.change(event)
        known.names.add(known.name)
        return known


def _events(session: WriteSession, family: dict[int, Row]) -> dict[int, Rows]:
    """What was decided about the names of each, and holds: by keys of decisions."""
    found: dict[int, Rows] = defaultdict(list)
    splits = list(rows_where(session, EntitySplit, "target_id", family, "target_id", "decision_id"))
    of_split = {
        row.id: row.made for row in rows_where(session, Decision, "id", {split.decision_id for split in splits})
    }
    for target, decision in {(split.target_id, split.decision_id) for split in splits}:
        found[target].append({"decision": decision, "add": of_split[decision]["aliases"]})
    for row in rows_where(session, Decision, "entity_id", family):
        if row.subject != "entity" or row.undone_at is not None:
            continue
        merged = family[row.entity_id]["merged_into"]
        if row.action in ("merge", "change") and merged is not None and "into" in row.made:
            found[merged].append({"decision": row.id, "merged": row.entity_id})
        elif row.action in ("add", "change"):
            found[row.entity_id].append({"decision": row.id, **row.made})
    return found


def _write(session: WriteSession, row: Row, aliases: Rows, known: _Known) -> None:
    base = row["by_runs"] or {"name": row["name"], "identifiers": row["identifiers"]}
    shown = {"name": known.name, "identifiers": known.identifiers}
    values = shown | {"sort_key": fold(known.name), "by_runs": None if base == shown else base}
    changed = table_of(Entity).update().where(table_of(Entity).c.id == row["id"])
    session.connection().execute(changed.values(**values))
    _write_names(session, row["id"], aliases, known.names)


def _write_names(session: WriteSession, entity: int, aliases: Rows, names: set[str]) -> None:
    appear = [a for a in aliases if a["name"] in names and not a["shown"]]
    vanish = [a for a in aliases if a["name"] not in names and a["shown"]]
    table = table_of(EntityAlias)
    for shown, flipped in ((True, appear), (False, vanish)):
        keys = [alias["id"] for alias in flipped]
        session.connection().execute(update(table).where(table.c.id.in_(keys)).values(shown=shown))
    drop_words(session, [alias["id"] for alias in vanish])
    session.connection().execute(delete(table).where(table.c.entity_id == entity, ~table.c.named, ~table.c.shown))
    added = sorted(names - {alias["name"] for alias in aliases})
    first = next_key(session, EntityAlias)
    rows = [
        {"id": key, "entity_id": entity, "name": name, "name_key": fold(name), "named": False, "shown": True}
        for key, name in enumerate(added, first)
    ]
    insert_rows(session, EntityAlias, rows)
    save_words(session, {row["id"]: row["name_key"] for row in (*appear, *rows)})


def _word_keys(session: WriteSession, forms: set[str]) -> dict[str, int]:
    known = {row.form: row.id for row in rows_where(session, NameWord, "form", forms)}
    missing = sorted(forms - known.keys())
    made = dict(zip(missing, range(next_key(session, NameWord), 2**63), strict=False))
    insert_rows(session, NameWord, [{"id": key, "form": form} for form, key in made.items()])
    return known | made
