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
earlier than that, as in web and mail search. Another word:word is two words side by side, except
where a filter must be meant: ``from:``, ``source:``, ``speeker:``, ``title:`` are mistakes.

A * behind a word, or behind a phrase, is for all words that begin so; with more behind it, it is a mistake.

All double quotation marks are the same; everything else that is no letter or digit separates
words, so that C++ finds C, and a word that falls into several, like it's, is their phrase. A term
without letters or digits says nothing and is passed over; a query of nothing else finds nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, cast

from app.errors import QuerySyntaxError
from app.search.words import words

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


# What readers of other search pages write, or misspell, for a filter; the first before a date, the last before a name.
# None: nothing here does what they mean, but the words alone come nearest.
_MEANT: dict[str, tuple[str | None, ...]] = {
    "speeker": ("speaker",),
    "speker": ("speaker",),
    "speakr": ("speaker",),
    "speakers": ("speaker",),
    "author": ("speaker",),
    "by": ("speaker",),
    "person": ("speaker",),
    "said": ("speaker",),
    "entities": ("entity",),
    "entitiy": ("entity",),
    "enity": ("entity",),
    "about": ("entity",),
    "mentions": ("entity",),
    "publishers": ("publisher",),
    "publsher": ("publisher",),
    "publiser": ("publisher",),
    "publishr": ("publisher",),
    "source": ("publisher",),
    "site": ("publisher",),
    "from": ("after", "speaker"),
    "since": ("after",),
    "to": ("before",),
    "until": ("before",),
    "headline": (None,),
    "title": (None,),
    "intitle": (None,),
}


def _any_case(names: Iterable[str]) -> str:
    return "(?:" + "|".join("".join(f"[{c}{c.upper()}]" for c in name) for name in names) + ")"


_SPACE = r"[ \t\r\n]"
_MARKS = '"“”„«»'
_MARK = f"[{_MARKS}]"
_CHARACTER = rf"[^ \t\r\n{_MARKS}()]"
_EDGE = f"(?!{_CHARACTER})"
_CHUNK = f"{_CHARACTER}+{_EDGE}"
_QUOTED = f"{_MARK}[^{_MARKS}]*{_MARK}"
_PHRASE = rf"{_QUOTED}(?:\*|(?!\*))"
_MINUS = r"-(?=[^ \t\r\n)-])"
_NAMES, _DATES = _any_case(["speaker", "entity", "publisher"]), _any_case(["before", "after"])
_FIELD = f"(?:{_NAMES}|{_DATES}):"
_MEANT_FIELD = f"{_any_case(_MEANT)}:(?=[^ \\t\\r\\n()])"
_OPERATOR = f"(?:(?:AND|OR|NOT|NEAR){_EDGE}|NEAR/)"
_STAR_WITHIN = rf"{_CHARACTER}*\*{_CHARACTER}"
_WORD = f"(?!{_MINUS}|{_OPERATOR}|{_FIELD}|{_MEANT_FIELD}|{_STAR_WITHIN}){_CHUNK}"
_NEAR = f"NEAR(?:/(?:100|[1-9][0-9]?))?{_EDGE}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DATE = (
    "(?!0000)(?:[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1[0-9]|2[0-8]))?"
    f"|-(?:0[13-9]|1[0-2])-(?:29|30)|-(?:0[13578]|1[02])-31)?|{_LEAP_YEAR}-02-29)"
)


def _pattern() -> str:
    quoted_name = rf"{_MARK}{_SPACE}*[^ \t\r\n{_MARKS}][^{_MARKS}]*{_MARK}"
    name, day = f"(?:{_CHUNK}|{quoted_name})", f"(?:{_DATE}{_EDGE}|{_MARK}{_DATE}{_MARK})"
    plain_join = f"(?:(?:AND{_SPACE}+)?NOT|AND){_EDGE}{_SPACE}*"
    join = f"(?:{plain_join}|OR{_EDGE}{_SPACE}*|{_NEAR}{_SPACE}*(?!\\())"
    not_near = f"(?!NEAR(?:/|{_EDGE}))"
    term = rf"(?:\({_SPACE}*)?(?:{_PHRASE}|{_WORD}){_SPACE}*(?:\){_SPACE}*{not_near})?"
    narrow = f"(?:{plain_join})?(?:{_NAMES}:{name}|{_DATES}:{day}){_SPACE}*{not_near}"
    group = rf"\((?:{_QUOTED}|(?!{_FIELD}){_CHUNK}|{_SPACE})*\)"
    balanced = f"(?:{_QUOTED}|{_CHUNK}|{_SPACE}|{group})*$"
    without_or = f"(?:{_QUOTED}|(?!OR{_EDGE}){_CHUNK}|{_SPACE}|{group})*$"
    without_filter = f"(?:{_QUOTED}|(?!{_FIELD}){_CHUNK}|{_SPACE}|[()])*$"
    terms = f"(?:AND{_EDGE}{_SPACE}*)?{term}(?:{join}?{term}|{narrow})*"
    return (
        f"^(?={balanced})(?={without_or}|{without_filter})"
        f"{_SPACE}*(?!AND{_EDGE})(?=[^ \\t\\r\\n])(?:{narrow})*(?:{terms})?$"
    )


PATTERN = _pattern()
"""Exactly the queries of up to MAX_TERMS terms that parse, as a regular expression (ECMA-262, as in JSON Schema)."""

_TOKENS = re.compile(
    rf"(?:{_FIELD})?(?P<unclosed>{_MARK})(?=[^{_MARKS}]*\Z)|(?P<phrase>{_PHRASE})"
    f"|(?P<filter>{_FIELD}(?:{_QUOTED}|{_CHUNK})?)|(?P<meant>{_MEANT_FIELD}(?:{_QUOTED}|{_CHUNK}))"
    f"|(?P<operator>{_OPERATOR}{_CHARACTER}*)|(?P<minus>{_MINUS})"
    f"|(?P<star>(?={_STAR_WITHIN}){_CHUNK})|(?P<word>{_CHUNK})"
    r"|(?P<open>\()|(?P<close>\))"
)
_TERM = ("word", "phrase")
_MAX_REPAIRS = 10


class _Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


# Stands before the first token and behind the last, so that every token has neighbours.
_NOTHING = _Token("nothing", "", 0)


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
    tokens = [_token(query, match) for match in _TOKENS.finditer(query)]
    _check(query, tokens)
    reader = _Reader(query, tokens)
    wanted = reader.either()
    return Query(wanted, tuple(reader.filters))


def _mended(candidate: str | None) -> str | None:
    """``candidate``, mended in turn where it is still mistaken; None when that does not help."""
    for _ in range(_MAX_REPAIRS):
        if candidate is None:
            break
        try:
            _read(candidate)
        except QuerySyntaxError as mistake:
            candidate = mistake.faults[0].suggestion
        else:
            return candidate
    return None


def _token(query: str, match: re.Match[str]) -> _Token:
    kind = cast(str, match.lastgroup)
    token = _Token(kind, match[kind], match.start(kind))
    if kind == "unclosed":
        raise QuerySyntaxError("the phrase that begins here is never closed", token.start, query + '"')
    if kind == "minus":
        suggestion = f"{query[: token.start]}NOT {query[token.end :]}"
        raise QuerySyntaxError(
            "a minus takes nothing away here: write NOT, or put the words into quotation marks", token.start, suggestion
        )
    if kind == "star":
        raise _star_within(query, token)
    if kind == "meant":
        raise _meant(query, token)
    return token


def _star_within(query: str, token: _Token) -> QuerySyntaxError:
    beginning, _, rest = token.text.partition("*")
    kept = f"{beginning}*" if words(beginning) else beginning + rest
    suggestion = f"{query[: token.start]}{kept}{query[token.end :]}"
    detail = "a * ends the beginning of a word, as in explo*: put what has one elsewhere into quotation marks"
    return QuerySyntaxError(detail, token.start + len(beginning), suggestion)


def _meant(query: str, token: _Token) -> QuerySyntaxError:
    name, _, value = token.text.partition(":")
    fields = _MEANT[name.lower()]
    field = fields[0] if re.fullmatch(_DATE, value.strip(_MARKS).replace("/", "-")) else fields[-1]
    filtered = f"{field}:{value}" if field else value
    suggestion = f"{query[: token.start]}{filtered}{query[token.end :]}"
    detail = f"{name}: is no filter; there are speaker:, entity:, publisher:, before: and after:"
    return QuerySyntaxError(detail, token.start, suggestion)


def _without(query: str, *tokens: _Token) -> str:
    """``query`` without these tokens, in order, and without the space they leave."""
    for token in reversed(tokens):
        query = f"{query[: token.start].rstrip()} {query[token.end :].lstrip()}".strip()
    return query.replace("( ", "(").replace(" )", ")")


def _check(query: str, tokens: Sequence[_Token]) -> None:
    if not tokens:
        raise QuerySyntaxError("the query is empty", 0)
    terms = [token for token in tokens if token.kind in _TERM]
    if len(terms) > MAX_TERMS:
        raise QuerySyntaxError(f"more than {MAX_TERMS} words and phrases", terms[MAX_TERMS].start)
    _check_parentheses(query, tokens)
    neighbours = zip([_NOTHING, *tokens], tokens, [*tokens[1:], _NOTHING], strict=False)
    for before, token, after in neighbours:
        if token.kind == "operator":
            _check_operator(query, before, token, after)
    _check_filters(query, tokens)


def _check_parentheses(query: str, tokens: Sequence[_Token]) -> None:
    opened: _Token | None = None
    for before, token in zip([_NOTHING, *tokens], tokens, strict=False):
        if token.kind == "open":
            if opened:
                raise QuerySyntaxError("a group cannot hold another", token.start)
            opened = token
        if token.kind == "close":
            if not opened:
                raise QuerySyntaxError("no group is open here", token.start, _without(query, token))
            if before is opened:
                raise QuerySyntaxError("there is nothing in this group", before.start, _without(query, before, token))
            opened = None
    if opened:
        raise QuerySyntaxError("the group that opens here is never closed", opened.start, query + ")")


def _check_operator(query: str, before: _Token, token: _Token, after: _Token) -> None:
    if before.kind == "operator" and (before.text, token.text) != ("AND", "NOT"):
        raise QuerySyntaxError(f"{token.text} cannot follow {before.text}", token.start, _spared(query, token))
    if before.kind in ("nothing", "open") and (token.text, after.kind) != ("NOT", "filter"):
        raise QuerySyntaxError(f"{token.text} has nothing before it", token.start, _spared(query, token))
    if after.kind in ("nothing", "close"):
        raise QuerySyntaxError(f"{token.text} has nothing behind it", token.start, _spared(query, token))
    if token.text.startswith("NEAR"):
        _check_near(query, before, token, after)


def _spared(query: str, token: _Token) -> str | None:
    """``query`` without an operator; not without a NOT, which would mean the opposite."""
    return None if token.text == "NOT" else _without(query, token)


def _check_near(query: str, before: _Token, token: _Token, after: _Token) -> None:
    if not re.fullmatch(_NEAR, token.text):
        suggestion = f"{query[: token.start]}NEAR{query[token.end :]}"
        raise QuerySyntaxError("NEAR/ takes a number from 1 to 100: oil NEAR/5 price", token.start, suggestion)
    for side in (before, after):
        if side.kind not in (*_TERM, "operator"):
            raise QuerySyntaxError("NEAR stands between words or phrases: oil NEAR/5 price", side.start)


def _check_filters(query: str, tokens: Sequence[_Token]) -> None:
    alternatives = _has_alternatives(tokens)
    inside = False
    for index, token in enumerate(tokens):
        inside = (inside or token.kind == "open") and token.kind != "close"
        if token.kind == "filter" and (inside or alternatives):
            where = "in a group" if inside else "beside OR"
            detail = f"a filter narrows the whole search and cannot stand {where}: group the words, filter outside"
            raise QuerySyntaxError(detail, token.start, _moved_out(query, tokens, index, grouped=alternatives))


def _has_alternatives(tokens: Iterable[_Token]) -> bool:
    """Whether there is an OR outside groups."""
    inside = False
    for token in tokens:
        inside = (inside or token.kind == "open") and token.kind != "close"
        if token.text == "OR" and not inside:
            return True
    return False


def _moved_out(query: str, tokens: Sequence[_Token], index: int, *, grouped: bool) -> str | None:
    first = index
    while first and tokens[first - 1].text in ("AND", "NOT"):
        first -= 1
    if "OR" in (token.text for token in tokens[max(0, first - 1) : index + 2]):
        return None  # the filter itself is one of the alternatives
    moved = tokens[first : index + 1]
    rest = _without(query, *moved)
    negation = "NOT " if any(token.text == "NOT" for token in moved) else ""
    return f"({rest}) {negation}{tokens[index].text}" if grouped else f"{rest} {negation}{tokens[index].text}"


class _Reader:
    """Reads tokens whose order has been checked."""

    def __init__(self, query: str, tokens: Sequence[_Token]) -> None:
        self._query = query
        self._tokens = [*tokens, _NOTHING]
        self._at = 0
        self.filters: list[Filter] = []

    def either(self) -> Node | None:
        """What stands up to the end, or to the end of the group."""
        parts = [self._all()]
        while self._takes("OR"):
            parts.append(self._all())
        return _joined(Or, parts)

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
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


def _phrase(token: _Token) -> Phrase | None:
    found = words(token.text)
    return Phrase(tuple(found), prefix=token.text.endswith("*")) if found else None


def _filter(query: str, token: _Token, *, negated: bool) -> Filter:
    name, _, given = token.text.partition(":")
    field, value = name.lower(), given.strip(_MARKS) if given[:1] in _MARKS else given
    if not value.strip(" \t\r\n"):
        suggestion = f"{query[: token.end]}{query[token.end :].lstrip()}" if not given else None
        raise QuerySyntaxError(f"{name}: has nothing behind it", token.start, suggestion)
    if field in ("before", "after"):
        day = _day(query, token, value)
        return DateFilter(cast(DateField, field), day, negated, token.start)
    # PostgreSQL takes no NUL, and no name holds one.
    return NameFilter(cast(NameField, field), value.strip().replace("\0", "\ufffd"), negated, token.start)


def _day(query: str, token: _Token, value: str) -> date:
    if not re.fullmatch(_DATE, value):
        name = token.text.partition(":")[0]
        suggestion = f"{query[: token.start]}{token.text.replace('/', '-')}{query[token.end :]}"
        raise QuerySyntaxError(
            f"{name}: takes a date: 2011, 2011-10 or 2011-10-31",
            token.start,
            suggestion if "/" in token.text else None,
        )
    year, month, day = (*map(int, value.split("-")), 1, 1)[:3]
    return date(year, month, day)
