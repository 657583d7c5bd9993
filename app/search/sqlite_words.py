"""Words as FTS5 expressions: strings of folded words, in which no character has a meaning of its own.

An index has columns of folded words joined by spaces and, where it ranks, a column ``weight`` of
what app.search.words.weights gives.
"""

from collections.abc import Iterable, Sequence

from app.search.query import And, Near, Node, Not, Or, Phrase, words_of
from app.search.words import LEVELS


def fts5(node: Node, columns: Sequence[str]) -> str:
    """The expression that ``node`` holds in ``columns``; each phrase, and each NEAR, in one of them."""
    return f"{{{' '.join(columns)}}} : {_match(node)}"


def fts5_level(node: Node, level: str, columns: Sequence[str]) -> str:
    """The expression that ``node`` holds, and that every word it takes to hold is at ``level`` or higher."""
    match node:
        case And(parts):
            return _joined("AND", (fts5_level(part, level, columns) for part in parts))
        case Or(parts):
            return _joined("OR", (fts5_level(part, level, columns) for part in parts))
        case Not(wanted, unwanted):
            return f"({fts5_level(wanted, level, columns)} NOT {fts5(unwanted, columns)})"
        case Phrase((word,), prefix):
            return _at_least(word, prefix, level)  # only a word that stands in the text has a level
        case _:
            weighty = [_at_least(word, prefix, level) for word, prefix in words_of(node)]
            return _joined("AND", [*weighty, fts5(node, columns)])


def _match(node: Node) -> str:
    match node:
        case Phrase():
            return _phrase(node)
        case Near(phrases, distance):
            return f"NEAR({' '.join(map(_phrase, phrases))}, {distance})"
        case And(parts):
            return _joined("AND", map(_match, parts))
        case Or(parts):
            return _joined("OR", map(_match, parts))
        case Not(wanted, unwanted):
            return f"({_match(wanted)} NOT {_match(unwanted)})"


def _at_least(word: str, prefix: bool, level: str) -> str:
    levels = LEVELS[: LEVELS.index(level) + 1]
    return f"weight : {_joined('OR', (_phrase(Phrase((f'{one}{word}',), prefix)) for one in levels))}"


def _phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{"*" if phrase.prefix else ""}'


def _joined(operator: str, expressions: Iterable[str]) -> str:
    return f"({f' {operator} '.join(expressions)})"
