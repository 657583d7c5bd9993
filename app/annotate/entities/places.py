"""Which place of GeoNames a name means, where the article decides.

A country by its name. A city: the one in the country or state that stands behind it ("Paris, Texas"); else the
one that dwarfs all its namesakes, unless a namesake's state is in the article; else the only, or by far the
largest, one in the countries that the article names. Everything else stays open.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from app.annotate.entities.aliases import key_of
from app.annotate.entities.gazetteer import Place, cities, countries, neighbours, provinces, states
from app.annotate.entities.lexicon import demonyms
from app.annotate.entities.reading import Name, Reading
from app.names import fold

_DWARFS = 20
_DOMINATES = 5
_LARGE = 100_000


class Setting(NamedTuple):
    """Where an article plays: the countries and U.S. states it names, and what stands behind each place."""

    countries: frozenset[str]
    states: frozenset[str]
    behind: dict[str, Place]


def setting_of(reading: Reading, names: Sequence[Name], dateline: str | None) -> Setting:
    """The setting that ``names`` make, and the dateline where it stands apart from the text."""
    keys = {key_of(reading, name) for name in names if name.label == "GPE"}
    keys |= {fold(part) for part in (dateline or "").split(",")}
    peoples = {reading.text[name.start : name.end] for name in names if name.label == "NORP"}
    codes = {countries()[key].country for key in keys if key in countries() and key not in states()}
    codes |= {demonyms()[people] for people in peoples if people in demonyms()}
    regions = {states()[key].region for key in keys if key in states() and key not in countries()}
    return Setting(frozenset(codes | ({"US"} if regions else set())), frozenset(regions), _behind(reading, names))


def _behind(reading: Reading, names: Sequence[Name]) -> dict[str, Place]:
    """For each place with a country or state right behind a comma, that country or state."""
    found: dict[str, Place] = {}
    for one, two in pairwise(names):
        if one.label == two.label == "GPE" and reading.words[one.last : two.first] == [","]:
            key = key_of(reading, two)
            whole = states().get(key) or countries().get(key)
            if whole:
                found.setdefault(key_of(reading, one), whole)
    return found


def identify(key: str, setting: Setting) -> dict[str, str]:
    """The identifiers of the place of folded name ``key``; none when the article leaves it open."""
    place = _decide(key, setting)
    return place.identifiers() if place else {}


def _decide(key: str, setting: Setting) -> Place | None:
    country, state = countries().get(key), states().get(key)
    if country and state:
        return _country_or_state(country, state, setting)
    if country:
        return country
    candidates = () if key in provinces() else cities().get(key, ())
    if key in setting.behind:
        return next((place for place in candidates if _is_in(place, setting.behind[key])), None)
    if state:
        namesakes = [place for place in candidates if place.country == "US" and place.population > _LARGE]
        return None if namesakes else state
    return _city(candidates, setting)


def _country_or_state(country: Place, state: Place, setting: Setting) -> Place | None:
    """Georgia: by the countries around it, or the other states, that the article names."""
    abroad = bool(setting.countries & {country.country, *neighbours(country.country)})
    home = "US" in setting.countries
    return None if abroad == home else country if abroad else state


def _is_in(place: Place, whole: Place) -> bool:
    return place.country == whole.country and whole.region in {"", place.region}


def _city(candidates: Sequence[Place], setting: Setting) -> Place | None:
    if not candidates:
        return None
    first, second = candidates[0], candidates[1].population if len(candidates) > 1 else 0
    rivals = {place.region for place in candidates[1:] if place.country == "US"}
    if first.population >= _DWARFS * second and not rivals & setting.states:
        return first if first.population >= _LARGE or first.country in setting.countries else None
    near = [place for place in candidates if place.country in setting.countries]
    if len(near) == 1 or (near and near[0].population >= _DOMINATES * near[1].population):
        return near[0]
    return None
