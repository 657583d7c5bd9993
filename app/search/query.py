"""The query language: words, "phrases", prefix*, AND, OR, NOT. Nothing of it reaches FTS5 raw.

    query  = group {"OR" group}
    group  = term {["AND"] ["NOT"] term}
    term   = ("phrase" | word) ["*"]

Words beside each other must all occur; NOT takes away from what stands before it. Operators are
written in capitals. Parentheses, and a minus before a word, mean something elsewhere and nothing
here: they are mistakes. All double quotation marks are the same; everything else that is no letter
or digit separates words, so that C++ finds C and it's finds it's. A term without letters or digits
says nothing and is passed over; a query of nothing else finds nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.errors import QuerySyntaxError

_SPACE = r"[ \t\r\n]"
_MARK = '["“”„«»]'
_OPERATOR = r"(?:AND|OR|NOT)"
_EDGE = r'(?=[ \t\r\n"“”„«»]|$)'
_PHRASE = rf'{_MARK}[^"“”„«»]*{_MARK}\*?'
_MINUS = r"-(?=[^ \t\r\n-])"
_WORD = rf'(?!{_MINUS})[^ \t\r\n"“”„«»()]+{_EDGE}'
_TERM = f"(?:{_PHRASE}|(?!{_OPERATOR}{_EDGE}){_WORD})"
_JOIN = f"(?:(?:OR|NOT|AND(?:{_SPACE}+NOT)?){_EDGE}{_SPACE}*)"

PATTERN = f"^{_SPACE}*{_TERM}(?:{_SPACE}*{_JOIN}?{_TERM})*{_SPACE}*$"
"""Exactly the queries that parse, as a regular expression (ECMA-262, as in JSON Schema)."""

_TOKENS = re.compile(
    f"(?P<phrase>{_PHRASE})|(?P<operator>{_OPERATOR}{_EDGE})|(?P<word>{_WORD})"
    rf'|(?P<minus>{_MINUS})|[^ \t\r\n"“”„«»()]*(?P<parenthesis>[()])|(?P<open>{_MARK})'
)
_MISTAKES = {
    "open": "the phrase that begins here is never closed",
    "minus": "a minus takes nothing away here: write NOT, or put the words into quotation marks",
    "parenthesis": "parentheses group nothing here: leave them out, or put the words into quotation marks",
}


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand beside each other; the last may be the beginning of one."""

    words: str
    prefix: bool = False

    @property
    def searchable(self) -> bool:
        """Whether there is a letter or digit to look for."""
        return any(c.isalnum() for c in self.words)

    def fts5(self) -> str:
        """The term as an FTS5 string: no character in it has a meaning there."""
        return '"' + self.words.replace('"', " ").replace("\0", " ") + '"' + ("*" if self.prefix else "")


@dataclass(slots=True)
class _Group:
    wanted: list[Term] = field(default_factory=list)
    unwanted: list[Term] = field(default_factory=list)

    def fts5(self) -> str | None:
        wanted = [term.fts5() for term in self.wanted if term.searchable]
        unwanted = [term.fts5() for term in self.unwanted if term.searchable]
        if not wanted:
            return None
        found = f"({' AND '.join(wanted)})"
        return f"({found} NOT ({' OR '.join(unwanted)}))" if unwanted else found


def to_fts5(query: str) -> str | None:
    """``query`` as an FTS5 expression; None when it holds nothing to look for.

    QuerySyntaxError names the mistake and its position: an unclosed phrase, an operator with
    nothing to join.
    """
    groups = [_Group()]
    operators: list[re.Match[str]] = []
    for token in _tokens(query):
        if token.lastgroup == "operator":
            _check_operator(token, operators, first=not groups[-1].wanted)
            operators.append(token)
            if token[0] == "OR":
                groups.append(_Group())
            continue
        group = groups[-1]
        negated = bool(operators) and operators[-1][0] == "NOT"
        (group.unwanted if negated else group.wanted).append(_term(token))
        operators = []
    if operators:
        raise QuerySyntaxError(f"{operators[-1][0]} has nothing behind it", operators[-1].start())
    if not groups[0].wanted:
        raise QuerySyntaxError("the query is empty", 0)
    return " OR ".join(filter(None, (group.fts5() for group in groups))) or None


def _tokens(query: str) -> Iterator[re.Match[str]]:
    for token in _TOKENS.finditer(query):
        if token.lastgroup in _MISTAKES:
            raise QuerySyntaxError(_MISTAKES[token.lastgroup], token.start(token.lastgroup))
        yield token


def _check_operator(token: re.Match[str], before: list[re.Match[str]], *, first: bool) -> None:
    joined = before and (before[-1][0], token[0]) != ("AND", "NOT")
    if joined or len(before) > 1:
        raise QuerySyntaxError(f"{token[0]} cannot follow {before[-1][0]}", token.start())
    if first:
        raise QuerySyntaxError(f"{token[0]} has nothing before it", token.start())


def _term(token: re.Match[str]) -> Term:
    words = token[0].removesuffix("*")
    return Term(words[1:-1] if token.lastgroup == "phrase" else words, prefix=token[0].endswith("*"))
