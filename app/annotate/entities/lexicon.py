"""The words and names that give an entity's type away. The lists, and where they come from, are in data/."""

import tomllib
from functools import cache
from importlib.resources import files

_DATA = files("app.annotate.entities") / "data"


@cache
def words(*names: str) -> frozenset[str]:
    """The words of the lists ``names`` of lexicon.toml."""
    return frozenset(word for name in names for word in _lexicon()[name].split())


@cache
def phrases(name: str) -> frozenset[tuple[str, ...]]:
    """The phrases of the list ``name`` of lexicon.toml, each as its words."""
    return frozenset(tuple(phrase.split()) for phrase in _lexicon()[name].split("|"))


@cache
def state_abbreviations() -> dict[str, str]:
    """The postal code of a U.S. state by its abbreviation in news."""
    row = _lexicon()["state_abbreviations"].split()
    return dict(zip(row[::2], row[1::2], strict=True))


@cache
def first_names() -> frozenset[str]:
    """Given names that are no ordinary words or places."""
    lines = (_DATA / "first_names.txt").read_text("utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


@cache
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 code by each name of a country."""
    return {name: code for code, names, _ in _countries() for name in names}


@cache
def demonyms() -> dict[str, str]:
    """ISO 3166-1 alpha-2 code by each adjective and noun of nationality."""
    return {name: code for code, _, names in _countries() for name in names}


@cache
def _lexicon() -> dict[str, str]:
    return tomllib.loads((_DATA / "lexicon.toml").read_text("utf-8"))


@cache
def _countries() -> list[tuple[str, list[str], list[str]]]:
    rows = []
    for line in (_DATA / "countries.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, names, *nationals = line.split("\t")
            rows.append((code, names.split("|"), nationals[0].split("|") if nationals else []))
    return rows
