"""Queries cut into tokens, what is misspelt in them, and the pattern of all queries that parse.

The grammar is in app.search.query; the expressions here are published (JSON Schema), so they are of ECMA-262 too.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple, cast

from app.errors import QuerySyntaxError
from app.search.words import words

_FIELDS = ("speaker", "entity", "publisher", "before", "after")
# None: nothing here does what they mean, but the words alone come nearest.
_MEANT: dict[str, tuple[str | None, ...]] = {
    **dict.fromkeys(("author", "by", "person", "said"), ("speaker",)),
    **dict.fromkeys(("about", "mentions", "entities"), ("entity",)),
    **dict.fromkeys(("source", "site"), ("publisher",)),
    **dict.fromkeys(("to", "until"), ("before",)),
    **dict.fromkeys(("headline", "title", "intitle", "text"), (None,)),
    "from": ("after", "speaker"),
    "since": ("after",),
}
"""What readers of other search pages write for a filter; the first before a date, the last before a name."""
# How near a misspelt name has to be to a filter's (difflib's ratio).
_NEARLY = 0.75
# So many letters before a * in a word say what is looked for; fewer begin too much.
_TELLING = 3


def _any_case(*names: str) -> str:
    return "(?:" + "|".join("".join(f"[{c}{c.upper()}]" for c in name) for name in names) + ")"


MARKS = '"“”„‟«»＂〝〞〟'
_SPACE = r"[ \t\r\n]"
# Hebrew keyboards have this mark only, where acronyms have gershayim: before their last letter.
_GERSHAYIM = '(?<=[\u05d0-\u05ea])"(?=[\u05d0-\u05ea](?![\u05d0-\u05ea]))'
_MARK = f"(?:(?!{_GERSHAYIM})[{MARKS}])"
_INSIDE = f"(?:[^{MARKS}]|{_GERSHAYIM})"
_CHARACTER = rf"(?:[^ \t\r\n{MARKS}()]|{_GERSHAYIM})"
_EDGE = f"(?!{_CHARACTER})"
_CHUNK = f"{_CHARACTER}+{_EDGE}"
_QUOTED = f"{_MARK}{_INSIDE}*{_MARK}"
_STARRED = rf"{_MARK}{_INSIDE}*[^ \t\r\n*{MARKS}]\*{_MARK}"
_PHRASE = rf"(?!{_STARRED}){_QUOTED}(?:\*|(?!\*))"
_MINUS = r"-(?=[^ \t\r\n)-])"
_NAMES, _DATES = _any_case("speaker", "entity", "publisher"), _any_case("before", "after")
_FIELD = f"(?:{_NAMES}|{_DATES}):"
_NO_FIELD = rf"(?!{_FIELD})[A-Za-z]{{2,}}:(?=[^ \t\r\n()/])"
_OPERATOR = f"(?:(?:AND|OR|NOT|NEAR){_EDGE}|NEAR/)"
_MISUSED = rf"{_CHARACTER}*(?:\*{_CHARACTER}|\|)"
_WORD = f"(?!{_MINUS}|{_OPERATOR}|{_FIELD}|{_NO_FIELD}|{_MISUSED}){_CHUNK}"
NEAR = f"NEAR(?:/(?:100|[1-9][0-9]?))?{_EDGE}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE = (
    "(?!0000)(?:[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1[0-9]|2[0-8]))?"
    f"|-(?:0[13-9]|1[0-2])-(?:29|30)|-(?:0[13578]|1[02])-31)?|{_LEAP_YEAR}-02-29)"
)


def _pattern() -> str:
    quoted_name = rf"{_MARK}{_SPACE}*(?:[^ \t\r\n{MARKS}]|{_GERSHAYIM}){_INSIDE}*{_MARK}"
    name = rf"(?:(?!{_CHARACTER}*[*|]){_CHUNK}|{quoted_name}(?!\*))"
    day = rf"(?:{DATE}{_EDGE}|{_MARK}{DATE}{_MARK}(?!\*))"
    plain_join = f"(?:(?:AND{_SPACE}+)?NOT|AND){_EDGE}{_SPACE}*"
    join = f"(?:{plain_join}|OR{_EDGE}{_SPACE}*|{NEAR}{_SPACE}*(?!\\())"
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
    rf"(?:{_FIELD})?(?P<unclosed>{_MARK})(?={_INSIDE}*\Z)|(?P<starred>{_STARRED})|(?P<phrase>{_PHRASE})"
    rf"|(?P<filter>{_FIELD}(?:{_QUOTED}\*?|{_CHUNK})?)|(?P<unknown>{_NO_FIELD}(?:{_QUOTED}|{_CHUNK}))"
    f"|(?P<operator>{_OPERATOR}{_CHARACTER}*)|(?P<minus>{_MINUS})"
    f"|(?P<misused>(?={_MISUSED}){_CHUNK})|(?P<word>{_CHUNK})"
    r"|(?P<open>\()|(?P<close>\))"
)
TERM = ("word", "phrase")


class Token(NamedTuple):
    """A piece of a query; its kind is the group of _TOKENS that it matched."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where it ends, in code points of the query."""
        return self.start + len(self.text)


NOTHING = Token("nothing", "", 0)
"""Stands before the first token and behind the last, so that every token has neighbours."""


def tokenize(query: str) -> list[Token]:
    """The tokens of ``query``, in order; QuerySyntaxError for the first that can be none."""
    return [_token(query, match) for match in _TOKENS.finditer(query)]


def without(query: str, *unwanted: Token) -> str:
    """``query`` without these tokens, in order, and without the space they leave."""
    for token in reversed(unwanted):
        query = f"{query[: token.start].rstrip()} {query[token.end :].lstrip()}".strip()
    return query.replace("( ", "(").replace(" )", ")")


def _token(query: str, match: re.Match[str]) -> Token:
    kind = cast(str, match.lastgroup)
    token = Token(kind, match[kind], match.start(kind))
    if kind in _MISTAKES:
        raise _MISTAKES[kind](query, token)
    return token


def _unclosed(query: str, token: Token) -> QuerySyntaxError:
    said = query[token.start :]
    suggestion = query + '"' if words(said) else query[: token.start].rstrip() or None
    return QuerySyntaxError("the phrase that begins here is never closed", token.start, suggestion)


def _starred(query: str, token: Token) -> QuerySyntaxError:
    detail = f"a * that ends a phrase stands behind its mark: {token.text[:-2]}{token.text[-1]}*"
    return _instead(query, token, f"{token.text[:-2]}{token.text[-1]}*", detail, len(token.text) - 2)


def _minus(query: str, token: Token) -> QuerySyntaxError:
    return _instead(
        query, token, "NOT ", "a minus takes nothing away here: write NOT, or put the words into quotation marks"
    )


def _misused(query: str, token: Token) -> QuerySyntaxError:
    return _piped(query, token) if "|" in token.text else _star_within(query, token)


def _piped(query: str, token: Token) -> QuerySyntaxError:
    either = re.sub(r"\|+", " OR ", token.text).strip()
    alone = not (query[: token.start] + query[token.end :]).strip()
    if not alone and token.text.strip("|") == token.text:
        either = f"({either})"
    return _instead(query, token, either, "a | joins nothing here: write OR", token.text.index("|"))


def _star_within(query: str, token: Token) -> QuerySyntaxError:
    beginning, _, rest = token.text.partition("*")
    told = sum(map(len, words(beginning)))
    kept = f"{beginning}*" if told >= _TELLING else f'"{token.text}"' if told else rest
    detail = "a * ends the beginning of a word, as in explo*: put what has one elsewhere into quotation marks"
    return _instead(query, token, kept, detail, len(beginning))


def _unknown(query: str, token: Token) -> QuerySyntaxError:
    name, _, value = token.text.partition(":")
    fields = _fields(name.lower())
    kept = _filtered(fields, value) if fields else f"{name} {value}" if value[0] in MARKS else f'"{token.text}"'
    detail = (
        f"{name}: is no filter; there are speaker:, entity:, publisher:, before: and after:; "
        "words with a colon between them go into quotation marks"
    )
    return _instead(query, token, kept, detail)


def _fields(name: str) -> tuple[str | None, ...]:
    """The filters that may be meant, as in _MEANT; empty where none is."""
    near = [field for field in get_close_matches(name, _FIELDS, 1, _NEARLY) if field[0] == name[0]]
    return _MEANT.get(name, tuple(near))


def _filtered(fields: tuple[str | None, ...], value: str) -> str:
    field = fields[0 if value.strip(MARKS)[:1].isdigit() else -1]
    return f"{field}:{value}" if field else value


def _instead(query: str, token: Token, kept: str, detail: str, at: int = 0) -> QuerySyntaxError:
    """The mistake ``at`` so many code points into ``token``, and the query with something else in its place."""
    suggestion = f"{query[: token.start]}{kept}{query[token.end :]}"
    return QuerySyntaxError(detail, token.start + at, suggestion)


_MISTAKES: dict[str, Callable[[str, Token], QuerySyntaxError]] = {
    "unclosed": _unclosed,
    "starred": _starred,
    "minus": _minus,
    "misused": _misused,
    "unknown": _unknown,
}
