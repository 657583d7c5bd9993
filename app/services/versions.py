"""Versions: which state of something a writer has seen and means to change."""

from dataclasses import dataclass

from app.errors import Outdated


@dataclass(frozen=True, slots=True)
class Expected:
    """Versions that may be changed; None for whichever there is."""

    versions: frozenset[str] | None

    def check(self, current: str) -> None:
        """Raise Outdated unless ``current`` is one of them. To be called within the transaction that changes it."""
        if self.versions is not None and current not in self.versions:
            raise Outdated("it was changed meanwhile: read it again, and send the ETag it then has")
