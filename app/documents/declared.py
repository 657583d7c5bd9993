"""What a page declares of itself: headline, date, publisher, address. Nothing is guessed from its text.

Read are schema.org's articles in JSON-LD, Open Graph (ogp.me), Dublin Core, the canonical link (RFC 6596), and
for the headline the heading that ``title`` repeats, or ``title``. What is declared first in this order stands.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import takewhile
from typing import Any
from urllib.parse import urljoin, urlsplit

from app.documents.markup import Token, said
from app.documents.metadata import Draft

_HEADLINES = ("og:title", "dc.title", "dcterms.title")
_DATES = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "article_date_original",
    "publishdate",
    "pubdate",
    "date",
)
_PUBLISHERS = ("og:site_name", "dc.publisher", "dcterms.publisher")
_HEADINGS = frozenset({"h1", "h2", "/h1", "/h2"})
_ARTICLE = re.compile(r"(?:Article|BlogPosting)$")
_LONGEST = 1_000
_UNFIT = re.compile("[\0\ud800-\udfff]")
# Hosts under which one site shows the same articles to other screens.
_VARIANT = re.compile(r"^(?:www|m|mobile|amp)\.")


def declare(found: list[Token], draft: Draft, url: str | None) -> None:
    """Offer to ``draft`` what the tokens of the page, got from ``url``, declare."""
    article = _article(found)
    metas = _metas(found)
    site = _offer(draft, "publisher", [article.get("publisher"), *map(metas.get, _PUBLISHERS)])
    titles = [article.get("headline"), *map(metas.get, _HEADLINES), *_titles(found)]
    _offer(draft, "headline", [_without(site, _words(title)) for title in titles])
    _offer(draft, "published", [article.get("datePublished"), *map(metas.get, _DATES), _time(found)])
    addresses = [_link(found), metas.get("og:url")]
    _offer(draft, "url", [_address(each, url) for each in addresses if each] + [url])


def _offer(draft: Draft, field: str, values: Iterable[object]) -> str | None:
    """Offer ``values`` until one is taken, and return that."""
    return next((words for words in map(_words, values) if words and draft.offer_value(field, words)), None)


def _words(value: object) -> str:
    """A value as one line; empty where it is no words, or is no name or date by its length."""
    if not isinstance(value, str) or len(value) > _LONGEST or _UNFIT.search(value):
        return ""
    return " ".join(unescape(value).split())


def _without(site: str | None, title: str) -> str:
    """``title`` without the name of the site, which windows and shared links have behind it."""
    found = re.fullmatch(rf"(.*\S) [|·•–—-]+ {re.escape(site)}", title) if site else None
    return found[1] if found else title


def _metas(found: list[Token]) -> dict[str, str]:
    """By name, property or itemprop in lower case: the content of the first ``meta`` that has any."""
    metas: dict[str, str] = {}
    for tag in found:
        content = tag.attribute("content") if tag.name == "meta" else None
        if content:
            names = (tag.attribute(key) for key in ("property", "name", "itemprop"))
            metas.setdefault(next((name for name in names if name), "").lower(), content)
    return metas


def _link(found: list[Token]) -> str | None:
    links = (tag for tag in found if tag.name == "link" and (tag.attribute("rel") or "").lower() == "canonical")
    return next((tag.attribute("href") for tag in links), None)


def _time(found: list[Token]) -> str | None:
    """When a ``time`` element says that the article was published."""
    for tag in found:
        if tag.name == "time" and "datepublished" in (tag.attribute("itemprop") or "").lower():
            return tag.attribute("datetime")
    return None


def _titles(found: list[Token]) -> Iterator[str]:
    """The headings that the title of the page opens with, and the title."""
    title = next((_words(said(tag.content)) for tag in found if tag.name == "title"), "")
    opened = [index for index, tag in enumerate(found) if tag.name in ("h1", "h2")]
    yield from filter(title.startswith, (_heading(found, index) for index in opened))
    yield title


def _heading(found: list[Token], opened: int) -> str:
    """What the heading opened there says; it ends where another opens, too (HTML Standard, 13.2.6.4.7)."""
    inside = takewhile(lambda tag: tag.name not in _HEADINGS, map(found.__getitem__, range(opened + 1, len(found))))
    return _words("".join(token.words for token in inside))


def _address(declared: str, url: str | None) -> str | None:
    """``declared`` in full; None where it is of another site than ``url``: a page speaks for its own."""
    try:
        address = urljoin(url or "", declared.strip())
        same = url is None or _same_site(urlsplit(address).hostname or "", urlsplit(url).hostname or "")
    except ValueError:
        return None
    return address if same else None


def _same_site(one: str, other: str) -> bool:
    one, other = _VARIANT.sub("", one), _VARIANT.sub("", other)
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _article(found: list[Token]) -> dict[str, Any]:
    """The first article of the page's JSON-LD, the outermost of them; its publisher by name."""
    nodes = [node for tag in found if tag.name == "script" for node in _nodes(tag)]
    named = {node["@id"]: node for node in nodes if "name" in node and isinstance(node.get("@id"), str)}
    for node in nodes:
        if _is_article(node.get("@type")):
            return {**node, "publisher": _name(node.get("publisher"), named)}
    return {}


def _nodes(script: Token) -> Iterator[dict[str, Any]]:
    if (script.attribute("type") or "").strip().lower() != "application/ld+json":
        return
    try:
        waiting = deque([json.loads(script.content, strict=False)])
    except (ValueError, RecursionError):  # many a page has JSON-LD that is no JSON
        return
    while waiting:
        node = waiting.popleft()
        if isinstance(node, dict):
            yield node
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []


def _is_article(kinds: object) -> bool:
    return any(
        isinstance(kind, str) and _ARTICLE.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _name(publisher: object, named: dict[str, dict[str, Any]]) -> object:
    if isinstance(publisher, list):
        publisher = publisher[0] if publisher else None
    if not isinstance(publisher, dict):
        return publisher
    identity = publisher.get("@id")
    return publisher.get("name") or (named.get(identity, {}).get("name") if isinstance(identity, str) else None)
