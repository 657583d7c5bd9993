"""Words as conditions on PostgreSQL: an index finds candidates, and the words in order decide.

A row has ``vector``, the set of its words and, where it ranks, of their levels ("9:oil"), and
``words``, all of them in order, a space before, between and behind. A ¶ stands as a word between
headline and text. No word holds a quotation mark, a backslash or a character to which LIKE or a
regular expression gives a meaning.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import ColumnElement, and_, cast, literal, not_, or_, true
from sqlalchemy.dialects.postgresql import TSQUERY

from app.search.query import And, Near, Node, Not, Or, Phrase, words_of
from app.search.words import LEVELS

_Lexeme = Callable[[str, bool], str]


def condition(node: Node, vector: ColumnElement[object], words: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that ``node`` holds; each phrase, and each NEAR, on one side of the ¶."""
    return _condition(node, _lexeme, vector, words)


def level_condition(
    node: Node, level: str, vector: ColumnElement[object], words: ColumnElement[str]
) -> ColumnElement[bool]:
    """The condition that ``node`` holds, and that every word it takes to hold is at ``level`` or higher."""
    levels = LEVELS[: LEVELS.index(level) + 1]

    def at_least(word: str, prefix: bool) -> str:
        return _joined("|", (_lexeme(f"{one}:{word}", prefix) for one in levels))

    return _condition(node, at_least, vector, words)


def _condition(
    node: Node, lexeme: _Lexeme, vector: ColumnElement[object], words: ColumnElement[str]
) -> ColumnElement[bool]:
    """One condition that the index answers, and behind it, where order matters, one that decides."""
    candidates = _holds(vector, _tsquery(node, lexeme))
    return candidates if _orderless(node) else and_(candidates, _exact(node, lexeme, vector, words))


def _exact(
    node: Node, lexeme: _Lexeme, vector: ColumnElement[object], words: ColumnElement[str]
) -> ColumnElement[bool]:
    match node:
        case And(parts):
            return and_(*(_exact(part, lexeme, vector, words) for part in parts))
        case Or(parts):
            return or_(*(_exact(part, lexeme, vector, words) for part in parts))
        case Not(wanted, unwanted):
            taken = _exact(unwanted, _lexeme, vector, words)
            return and_(_exact(wanted, lexeme, vector, words), not_(taken))
        case Phrase() | Near():
            return and_(_holds(vector, _tsquery(node, lexeme)), _in_order(node, words))


def _holds(vector: ColumnElement[object], tsquery: str) -> ColumnElement[bool]:
    return vector.bool_op("@@")(cast(literal(tsquery), TSQUERY))


def _orderless(node: Node) -> bool:
    """Whether the set of a row's words is enough to decide."""
    match node:
        case Phrase(words):
            return len(words) == 1
        case Near():
            return False
        case And(parts) | Or(parts):
            return all(map(_orderless, parts))
        case Not(wanted, unwanted):
            return _orderless(wanted) and _orderless(unwanted)


def _tsquery(node: Node, lexeme: _Lexeme) -> str:
    """What the set of a row's words has to hold: all that can be said without their order."""
    match node:
        case Phrase() | Near():
            return _joined("&", (lexeme(word, prefix) for word, prefix in words_of(node)))
        case And(parts):
            return _joined("&", (_tsquery(part, lexeme) for part in parts))
        case Or(parts):
            return _joined("|", (_tsquery(part, lexeme) for part in parts))
        case Not(wanted, unwanted):
            found = _tsquery(wanted, lexeme)
            return f"({found} & !{_tsquery(unwanted, _lexeme)})" if _orderless(unwanted) else found


def _in_order(node: Phrase | Near, words: ColumnElement[str]) -> ColumnElement[bool]:
    match node:
        case Phrase((_,)):
            return true()
        case Phrase():
            return words.like(f"% {' '.join(node.words)}{'' if node.prefix else ' '}%")
        case Near(phrases, distance):
            return words.bool_op("~")("".join(_before_here(phrase, distance) for phrase in phrases) + "(?= )")


def _before_here(phrase: Phrase, distance: int) -> str:
    """The regular expression of a place before a word: the phrase begins here or earlier, and ends near enough."""
    forms = [f" {word}" for word in phrase.words]
    if phrase.prefix:
        forms[-1] += "[^ ]*"
    ends_before = f"(?<={''.join(forms)}(?: [^ ¶]+){{0,{distance}}})"
    reaches_over = (
        (f"(?<={''.join(forms[:split])})" if split else "") + f"(?={''.join(forms[split:])} )"
        for split in range(len(forms))
    )
    return f"(?:{'|'.join((ends_before, *reaches_over))})"


def _lexeme(word: str, prefix: bool) -> str:
    return f"'{word}'{':*' if prefix else ''}"


def _joined(operator: str, tsqueries: Iterable[str]) -> str:
    return f"({f' {operator} '.join(tsqueries)})"
