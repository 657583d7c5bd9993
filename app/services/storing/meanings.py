"""Meanings: whom people decided that an entity is: one it was merged into, another one in some article, or none."""

from collections.abc import Iterable
from typing import Any

from app.db import ReadSession, WriteSession
from app.models import Entity, EntitySplit
from app.services.storing.tables import rows_where


class Meanings:
    """What was decided about these entities, by key, and about those that they lead to."""

    def __init__(self, session: ReadSession | WriteSession, keys: Iterable[int]) -> None:
        self._entities: dict[int, Any] = {}
        self._splits: dict[tuple[int, int], Any] = {}
        following = set(keys)
        while following:
            rows = list(rows_where(session, Entity, "id", following, "id", "merged_into", "rejected"))
            splits = list(rows_where(session, EntitySplit, "entity_id", following))
            self._entities |= {row.id: row for row in rows}
            self._splits |= {(split.entity_id, split.article_id): split for split in splits}
            leads = {row.merged_into for row in rows} | {split.target_id for split in splits}
            following = leads - {None} - self._entities.keys()

    def meant(self, key: int | None, article_id: int) -> int | None:
        """Whom the entity of this key is, in this article; None where it is none."""
        split = self._splits.get((key or 0, article_id))
        if split is not None:
            return self.meant(split.target_id, article_id)
        row = self._entities.get(key or 0)
        if row is None:
            return key
        if row.rejected:
            return None
        return key if row.merged_into is None else self.meant(row.merged_into, article_id)

    def split(self, key: int, article_id: int) -> int | None:
        """Key of the decision by which the entity is another one in this article."""
        split = self._splits.get((key, article_id))
        return None if split is None else split.decision_id

    def leads_to(self, key: int) -> bool:
        """Whether one of the entities is the one of this key, in some article."""
        return key in self._entities


def all_merged_into(session: ReadSession | WriteSession, keys: Iterable[int]) -> set[int]:
    """These entities, and all that were merged into one of them, by key."""
    found, following = set(keys), set(keys)
    while following:
        following = {row.id for row in rows_where(session, Entity, "merged_into", following, "id")} - found
        found |= following
    return found


def leading_to(session: ReadSession | WriteSession, keys: Iterable[int]) -> set[int]:
    """These entities, and all that are one of them by what people decided, in some article at least."""
    found, following = set(keys), set(keys)
    while following:
        merged = {row.id for row in rows_where(session, Entity, "merged_into", following, "id")}
        split = {row.entity_id for row in rows_where(session, EntitySplit, "target_id", following, "entity_id")}
        following = (merged | split) - found
        found |= following
    return found
