"""The query language: words, "phrases", prefix*, AND, OR, NOT, NEAR, (groups) and filters; it knows no engine.

    query  = either | item {["AND"] item}
    either = all {"OR" all}
    all    = unit {["AND"] ["NOT"] unit}
    unit   = near | "(" either ")"
    near   = term {("NEAR" | "NEAR/" 1..100) term}
    term   = ("phrase" | word) ["*"]
    item   = unit | "NOT" unit | ["NOT"] filter
    filter = ("speaker" | "entity" | "publisher") ":" (word | "phrase")
           | ("before" | "after") ":" (YYYY | YYYY-MM | YYYY-MM-DD)

Words beside each other must all occur; NOT takes away from what stands before it; OR binds loosest.
Operators are written in capitals, names of filters as one likes. Groups do not nest.

NEAR holds when all of its terms stand in one clump: between the end of each and the beginning of
the last are at most so many words (10 unless it says), in any order; in a chain the least number
holds for all.

Filters narrow the whole search: all must hold, and they stand neither in a group nor beside an OR.
``after:2011 before:2012`` is the year 2011: after means on its first day or later, before means
earlier than that, as in web and mail search. A * that is not at the end of a word or behind a phrase is
a mistake, and so are a | and any other name, in ASCII letters, right before a colon and a word.

All double quotation marks are the same, but for one before the last letter of a Hebrew word, which is
part of it. Everything else that is no letter or digit separates words, so that C++ finds C, and a word that
falls into several, like it's, is their phrase. A term without letters or digits says nothing and is
passed over; a query of nothing else finds nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from app.errors import QuerySyntaxError
from app.search.lexing import DATE, MARKS, NEAR, NOTHING, TERM, Token, tokenize, without
from app.search.words import words

MAX_LENGTH = 500
"""The most code points of a query that is asked over HTTP, and so of one that is suggested."""
MAX_TERMS = 256
NEAR_DISTANCE = 10

NameField = Literal["speaker", "entity", "publisher"]
DateField = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words beside each other, or one; with ``prefix`` the last is the beginning of one."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Phrases in one clump: at most ``distance`` words between the end of each and the beginning of the last.

    They may overlap. Both must stand in the same field.
    """

    phrases: tuple[Phrase, ...]
    distance: int = NEAR_DISTANCE


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What is wanted, without what is unwanted."""

    wanted: "Node"
    unwanted: "Node"


Node = Phrase | Near | And | Or | Not


@dataclass(frozen=True, slots=True)
class NameFilter:
    """A name or id that must, or with ``negated`` must not, be the article's; ``position`` is that of the filter."""

    field: NameField
    value: str
    negated: bool
    position: int


@dataclass(frozen=True, slots=True)
class DateFilter:
    """Published earlier than ``day``, or not earlier; ``position`` is that of the filter."""

    field: DateField
    day: date
    negated: bool
    position: int


Filter = NameFilter | DateFilter


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: words, if any, and filters that must all hold."""

    words: Node | None
    filters: tuple[Filter, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for; such a query finds nothing."""
        return self.words is None and not self.filters


def words_of(node: Node) -> tuple[tuple[str, bool], ...]:
    """The different words that ``node`` wants, each with whether it is only the beginning of one."""
    found = (
        (word, phrase.prefix and place == len(phrase.words))
        for phrase in phrases_of(node)
        for place, word in enumerate(phrase.words, 1)
    )
    return tuple(dict.fromkeys(found))


def phrases_of(node: Node) -> Iterator[Phrase]:
    """The phrases that ``node`` wants, those of a Near among them."""
    match node:
        case Phrase():
            yield node
        case Near(phrases):
            yield from phrases
        case And(parts) | Or(parts):
            for part in parts:
                yield from phrases_of(part)
        case Not(wanted):
            yield from phrases_of(wanted)


_MAX_REPAIRS = 20


def parse(query: str) -> Query:
    """What ``query`` asks for.

    QuerySyntaxError names the mistake, its position, and, where it can, a query that parses and
    may be what was meant.
    """
    try:
        return _read(query)
    except QuerySyntaxError as mistake:
        (fault,) = mistake.faults
        raise QuerySyntaxError(fault.detail, fault.position or 0, _mended(fault.suggestion)) from None


def _read(query: str) -> Query:
    found = tokenize(query)
    _check(query, found)
    reader = _Reader(query, found)
    wanted = reader.either()
    return Query(wanted, tuple(reader.filters))


def _mended(candidate: str | None) -> str | None:
    """``candidate``, mended in turn where it is still mistaken; None when that does not help, or is too long to ask."""
    for _ in range(_MAX_REPAIRS):
        if candidate is None or len(candidate) > MAX_LENGTH:
            break
        try:
            _read(candidate)
        except QuerySyntaxError as mistake:
            candidate = mistake.faults[0].suggestion
        else:
            return candidate
    return None


def _check(query: str, tokens: Sequence[Token]) -> None:
    if not tokens:
        raise QuerySyntaxError("the query is empty", 0)
    terms = [token for token in tokens if token.kind in TERM]
    if len(terms) > MAX_TERMS:
        raise QuerySyntaxError(f"more than {MAX_TERMS} words and phrases", terms[MAX_TERMS].start)
    _check_parentheses(query, tokens)
    neighbours = zip([NOTHING, *tokens], tokens, [*tokens[1:], NOTHING], strict=False)
    for before, token, after in neighbours:
        if token.kind == "operator":
            _check_operator(query, before, token, after)
    _check_filters(query, tokens)


def _check_parentheses(query: str, tokens: Sequence[Token]) -> None:
    opened: Token | None = None
    for before, token in zip([NOTHING, *tokens], tokens, strict=False):
        if token.kind == "open":
            if opened:
                raise QuerySyntaxError("a group cannot hold another", token.start)
            opened = token
        if token.kind == "close":
            if not opened:
                raise QuerySyntaxError("no group is open here", token.start, without(query, token))
            if before is opened:
                raise QuerySyntaxError("there is nothing in this group", before.start, without(query, before, token))
            opened = None
    if opened:
        raise QuerySyntaxError("the group that opens here is never closed", opened.start, query + ")")


def _check_operator(query: str, before: Token, token: Token, after: Token) -> None:
    if before.kind == "operator" and (before.text, token.text) != ("AND", "NOT"):
        raise QuerySyntaxError(f"{token.text} cannot follow {before.text}", token.start, _spared(query, token))
    if before.kind in ("nothing", "open") and (token.text, after.kind) != ("NOT", "filter"):
        raise QuerySyntaxError(f"{token.text} has nothing before it", token.start, _spared(query, token))
    if after.kind in ("nothing", "close"):
        raise QuerySyntaxError(f"{token.text} has nothing behind it", token.start, _spared(query, token))
    if token.text.startswith("NEAR"):
        _check_near(query, before, token, after)


def _spared(query: str, token: Token) -> str | None:
    """``query`` without an operator; not without a NOT, which would mean the opposite."""
    return None if token.text == "NOT" else without(query, token)


def _check_near(query: str, before: Token, token: Token, after: Token) -> None:
    if not re.fullmatch(NEAR, token.text):
        suggestion = f"{query[: token.start]}NEAR{query[token.end :]}"
        raise QuerySyntaxError("NEAR/ takes a number from 1 to 100: oil NEAR/5 price", token.start, suggestion)
    for side in (before, after):
        if side.kind not in (*TERM, "operator"):
            raise QuerySyntaxError("NEAR stands between words or phrases: oil NEAR/5 price", side.start)


def _check_filters(query: str, tokens: Sequence[Token]) -> None:
    alternatives = _has_alternatives(tokens)
    inside = False
    for index, token in enumerate(tokens):
        inside = (inside or token.kind == "open") and token.kind != "close"
        if token.kind == "filter" and (inside or alternatives):
            where = "in a group" if inside else "beside OR"
            detail = f"a filter narrows the whole search and cannot stand {where}: group the words, filter outside"
            raise QuerySyntaxError(detail, token.start, _moved_out(query, tokens, index, grouped=alternatives))


def _has_alternatives(tokens: Iterable[Token]) -> bool:
    """Whether there is an OR outside groups."""
    inside = False
    for token in tokens:
        inside = (inside or token.kind == "open") and token.kind != "close"
        if token.text == "OR" and not inside:
            return True
    return False


def _moved_out(query: str, tokens: Sequence[Token], index: int, *, grouped: bool) -> str | None:
    first = index
    while first and tokens[first - 1].text in ("AND", "NOT"):
        first -= 1
    if "OR" in (token.text for token in tokens[max(0, first - 1) : index + 2]):
        return None  # the filter itself is one of the alternatives
    moved = tokens[first : index + 1]
    rest = without(query, *moved)
    negation = "NOT " if any(token.text == "NOT" for token in moved) else ""
    return f"({rest}) {negation}{tokens[index].text}" if grouped else f"{rest} {negation}{tokens[index].text}"


class _Reader:
    """Reads tokens whose order has been checked."""

    def __init__(self, query: str, tokens: Sequence[Token]) -> None:
        self._query = query
        self._tokens = [*tokens, NOTHING]
        self._at = 0
        self.filters: list[Filter] = []

    def either(self) -> Node | None:
        """What stands up to the end, or to the end of the group."""
        parts = [self._all()]
        while self._takes("OR"):
            parts.append(self._all())
        return _joined(Or, parts)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, text: str) -> bool:
        taken = self._next.text == text
        self._at += taken
        return taken

    def _all(self) -> Node | None:
        wanted: list[Node | None] = []
        unwanted: list[Node | None] = []
        while self._next.text != "OR" and self._next.kind not in ("close", "nothing"):
            self._takes("AND")
            operator = self._next
            negated = self._takes("NOT")
            if self._next.kind == "filter":
                self.filters.append(_filter(self._query, self._take(), negated=negated))
                continue
            if negated and not wanted:
                raise QuerySyntaxError("NOT has no words before it", operator.start)
            (unwanted if negated else wanted).append(self._unit())
        found, taken = _joined(And, wanted), _joined(Or, unwanted)
        return Not(found, taken) if found and taken else found

    def _unit(self) -> Node | None:
        if not self._takes("("):
            return self._near()
        group = self.either()
        self._take()
        return group

    def _near(self) -> Node | None:
        phrases = [_phrase(self._take())]
        distances = []
        while self._next.kind == "operator" and self._next.text.startswith("NEAR"):
            distances.append(int(self._take().text[len("NEAR/") :] or NEAR_DISTANCE))
            phrases.append(_phrase(self._take()))
        told = tuple(dict.fromkeys(filter(None, phrases)))
        if len(told) < 2:
            return told[0] if told else None
        return Near(told, min(distances))


def _joined(kind: Callable[[tuple[Node, ...]], Node], parts: Iterable[Node | None]) -> Node | None:
    told = tuple(dict.fromkeys(part for part in parts if part is not None))
    if len(told) < 2:
        return told[0] if told else None
    return kind(told)


def _phrase(token: Token) -> Phrase | None:
    found = words(token.text)
    return Phrase(tuple(found), prefix=token.text.endswith("*")) if found else None


def _filter(query: str, token: Token, *, negated: bool) -> Filter:
    name, _, given = token.text.partition(":")
    _check_whole(query, token, given)
    field, value = name.lower(), given.strip(MARKS) if given[:1] in MARKS else given
    if not value.strip(" \t\r\n"):
        suggestion = f"{query[: token.end]}{query[token.end :].lstrip()}" if not given else None
        raise QuerySyntaxError(f"{name}: has nothing behind it", token.start, suggestion)
    if field in ("before", "after"):
        day = _day(query, token, value)
        return DateFilter(cast(DateField, field), day, negated, token.start)
    # PostgreSQL takes no NUL, and no name holds one.
    return NameFilter(cast(NameField, field), value.strip().replace("\0", "\ufffd"), negated, token.start)


def _check_whole(query: str, token: Token, given: str) -> None:
    """Refuse a sign that would stand for something in a name, and stands for itself between quotation marks."""
    quoted = given[:1] in MARKS
    sign = re.search(r"\*\Z" if quoted else r"[*|]", given)
    if sign:
        at = token.end - len(given) + sign.start()
        detail = f"a name is whole, and {sign[0]} stands for nothing in it: put one that has it into quotation marks"
        raise QuerySyntaxError(detail, at, f"{query[:at]}{query[at + 1 :]}" if quoted else None)


def _day(query: str, token: Token, value: str) -> date:
    if not re.fullmatch(DATE, value):
        name = token.text.partition(":")[0]
        suggestion = f"{query[: token.start]}{token.text.replace('/', '-')}{query[token.end :]}"
        raise QuerySyntaxError(
            f"{name}: takes a date: 2011, 2011-10 or 2011-10-31",
            token.start,
            suggestion if "/" in token.text else None,
        )
    year, month, day = (*map(int, value.split("-")), 1, 1)[:3]
    return date(year, month, day)
