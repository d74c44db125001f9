"""Geographic: how far a customer lives from the nearest store, as the crow flies."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, banded, column, numbers, with_unknown
from segcli.segment.bases._places import numbers_of
from segcli.segment.lookup import Lookup

SOURCE = "haversine formula (Sinnott, Virtues of the haversine, Sky and Telescope 1984) on a sphere of 6371.0088 km"
NEEDS = f"{c.LATITUDE}, {c.LONGITUDE} and a table of stores"
ADDS = ("distance_km", "nearest_store")
LOOKUP = ("store", c.LATITUDE, c.LONGITUDE)
RADIUS_KM = 6371.0088  # mean radius of the Earth (IUGG)

Degrees = npt.NDArray[np.float64]


class Options(Section):
    """Where bands begin."""

    cuts: list[float] = Field(
        [5, 20, 50], min_length=1, description="Kilometres from which each band but the first is."
    )


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:
    """The band of each customer's distance, and which store is the nearest."""
    own = [numbers(column(customers, name)) for name in (c.LATITUDE, c.LONGITUDE)]
    if lookup is None:
        raise InputProblem(
            "distances need a table of stores", remedy="Name it: table: stores.csv, with store, latitude, longitude"
        )
    with np.errstate(invalid="ignore"):
        odd = (np.abs(own[0]) > 90) | (np.abs(own[1]) > 180)  # noqa: PLR2004 - degrees
    latitude, longitude = (np.where(odd, np.nan, values) for values in own)
    stores = [_degrees(lookup, name) for name in (c.LATITUDE, c.LONGITUDE)]
    away, nearest = _nearest(latitude, longitude, *stores)
    cuts = sorted(options.cuts)
    marks = [f"{cut:g}" for cut in cuts]
    order = [f"below {marks[0]} km", *(f"{low} to {high} km" for low, high in pairwise(marks)), f"from {marks[-1]} km"]
    labels = banded(away, cuts, order)
    names = np.where(np.isnan(away), UNKNOWN, lookup.rows["store"].to_numpy(dtype=object)[nearest])
    added = customers.table[[]].assign(distance_km=away.round(3), nearest_store=names.astype(str))
    warning = f"coordinates that are nowhere: {int(odd.sum()):,}; they count as {UNKNOWN}"
    return Decided(labels, with_unknown(order, labels), warnings=(warning,) * bool(odd.any()), scores=added)


def _degrees(lookup: Lookup, name: str) -> Degrees:
    found = numbers_of(lookup.rows[name].to_numpy(dtype=object), name, lookup.read_from.name)
    if np.isnan(found).any():
        raise InputProblem(
            "a store has no place",
            source=lookup.read_from.name,
            column=name,
            remedy="Fill it in, or leave the store out",
        )
    return found


def _nearest(
    latitude: Degrees, longitude: Degrees, stores_latitude: Degrees, stores_longitude: Degrees
) -> tuple[Degrees, npt.NDArray[np.int64]]:
    """The distance to the nearest store, and which it is; of equals the first in the table."""
    best, nearest = np.full(len(latitude), np.nan), np.zeros(len(latitude), dtype=np.int64)
    for store, place in enumerate(zip(stores_latitude, stores_longitude, strict=True)):
        away = haversine(latitude, longitude, *place)
        with np.errstate(invalid="ignore"):
            closer = (away < best) | (np.isnan(best) & ~np.isnan(away))
        best, nearest = np.where(closer, away, best), np.where(closer, store, nearest)
    return best, nearest


def haversine(latitude: Degrees, longitude: Degrees, to_latitude: float, to_longitude: float) -> Degrees:
    """Kilometres between places given in degrees.

    >>> haversine(np.array([52.5200]), np.array([13.4050]), 48.1351, 11.5820).round(1).tolist()  # Berlin to Munich
    [504.4]
    """
    one, other = np.radians(latitude), np.radians(to_latitude)
    across = np.sin((other - one) / 2) ** 2
    along = np.cos(one) * np.cos(other) * np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    away: Degrees = 2 * RADIUS_KM * np.arcsin(np.sqrt(np.minimum(across + along, 1.0)))
    return away
