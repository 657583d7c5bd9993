"""The words of cues.toml, as sets of lemmas, and the names of given_names.toml."""

import tomllib
from importlib.resources import files
from typing import Any, Final


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(files("app.annotate.quotes").joinpath(name).read_text("utf-8"))


_DATA: Final = _load("cues.toml")


def _words(*sections: str) -> frozenset[str]:
    return frozenset(word for section in sections for word in _DATA[section].split())


SAY: Final = _words("say")
REPORTING: Final = _words("say", "manner", "stage", "name")
WITH_CLAUSE: Final = _words("say", "clause")
WITH_ADDRESSEE: Final = _words("addressee")
WITH_INFINITIVE: Final = _words("infinitive")
WITH_OBJECT: Final = _words("object")
WITH_OBJECT_AND: Final[dict[str, str]] = _DATA["object_and"]
NOUNS: Final = _words("noun")
WORKING: Final = _words("working")
ACCUSATIONS: Final = _words("accusation")
NOUNS_WITH_INFINITIVE: Final = _words("noun_infinitive")
VOICES: Final = _words("voice")
DOCUMENTS: Final = _words("document")
WITH_PREPOSITION: Final = {verb: frozenset(words.split()) for verb, words in _DATA["preposition"].items()}
COLLECTIVES: Final = _words("collective")
GENDER: Final = dict.fromkeys(_words("male"), "m") | dict.fromkeys(_words("female"), "f")
PRONOUNS: Final[dict[str, str]] = _DATA["pronoun"]
TITLES: Final[dict[str, str]] = _DATA["title"]
GIVEN_NAMES: Final = {name: gender for gender, names in _load("given_names.toml").items() for name in names.split()}
