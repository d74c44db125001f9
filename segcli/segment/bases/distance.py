"""Geographic: straight-line distance from a customer to the nearest store."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, assign_bands, require_column, to_floats
from segcli.segment.bases._places import parse_lookup_numbers
from segcli.segment.lookup_table import LookupTable

SOURCE = "haversine formula (Sinnott, Virtues of the haversine, Sky and Telescope 1984) on a sphere of 6371.0088 km"
NEEDS = f"{columns.LATITUDE}, {columns.LONGITUDE} and a table of stores"
ADDS = ("distance_km", "nearest_store")
LOOKUP = ("store", columns.LATITUDE, columns.LONGITUDE)
RADIUS_KM = 6371.0088  # mean radius of the Earth (IUGG)

DegreeArray = npt.NDArray[np.float64]


class Options(Section):
    """Edges of the distance bands in kilometres."""

    cuts: list[float] = Field(
        [5, 20, 50], min_length=1, description="Lower bound of each band except the first, in kilometres."
    )


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """Assign each customer to a distance band, and report the nearest store."""
    customer_degrees = [to_floats(require_column(customers, name)) for name in (columns.LATITUDE, columns.LONGITUDE)]
    if lookup is None:
        raise InputProblem(
            "distances need a store table", remedy="set it: table: stores.csv, with columns store, latitude, longitude"
        )
    with np.errstate(invalid="ignore"):
        is_impossible = (np.abs(customer_degrees[0]) > 90) | (np.abs(customer_degrees[1]) > 180)  # noqa: PLR2004 - degrees
    latitude, longitude = (np.where(is_impossible, np.nan, values) for values in customer_degrees)
    store_degrees = [_store_degrees(lookup, name) for name in (columns.LATITUDE, columns.LONGITUDE)]
    distances, nearest_stores = _nearest_stores(latitude, longitude, *store_degrees)
    edges = sorted(options.cuts)
    edge_texts = [f"{cut:g}" for cut in edges]
    order = [
        f"below {edge_texts[0]} km",
        *(f"{low} to {high} km" for low, high in pairwise(edge_texts)),
        f"from {edge_texts[-1]} km",
    ]
    labels = assign_bands(distances, edges, order)
    names = np.where(np.isnan(distances), UNKNOWN, lookup.rows["store"].to_numpy(dtype=object)[nearest_stores])
    extra_scores = customers.table[[]].assign(distance_km=distances.round(3), nearest_store=names.astype(str))
    warning = message(
        "impossible coordinates: {count}; counted as {label}", count=int(is_impossible.sum()), label=UNKNOWN
    )
    return BaseResult(
        labels, append_unknown(order, labels), warnings=(warning,) * bool(is_impossible.any()), scores=extra_scores
    )


def _store_degrees(lookup: LookupTable, name: str) -> DegreeArray:
    degrees = parse_lookup_numbers(lookup.rows[name].to_numpy(dtype=object), name, lookup.source_input.name)
    if np.isnan(degrees).any():
        raise InputProblem(
            "a store has no coordinates",
            source=lookup.source_input.name,
            column=name,
            remedy="fill them in, or remove the store",
        )
    return degrees


def _nearest_stores(
    latitude: DegreeArray, longitude: DegreeArray, stores_latitude: DegreeArray, stores_longitude: DegreeArray
) -> tuple[DegreeArray, npt.NDArray[np.int64]]:
    """Return the distance to the nearest store in kilometres, and its position in the table; ties: the first."""
    best_distances, nearest_stores = np.full(len(latitude), np.nan), np.zeros(len(latitude), dtype=np.int64)
    for store, coordinates in enumerate(zip(stores_latitude, stores_longitude, strict=True)):
        distances = haversine_distance(latitude, longitude, *coordinates)
        with np.errstate(invalid="ignore"):
            is_closer = (distances < best_distances) | (np.isnan(best_distances) & ~np.isnan(distances))
        best_distances, nearest_stores = (
            np.where(is_closer, distances, best_distances),
            np.where(is_closer, store, nearest_stores),
        )
    return best_distances, nearest_stores


def haversine_distance(
    latitude: DegreeArray, longitude: DegreeArray, to_latitude: float, to_longitude: float
) -> DegreeArray:
    """Return the distance in kilometres between places given in degrees.

    From Berlin to Munich:

    >>> haversine_distance(np.array([52.5200]), np.array([13.4050]), 48.1351, 11.5820).round(1).tolist()
    [504.4]
    """
    latitude_radians, target_radians = np.radians(latitude), np.radians(to_latitude)
    latitude_term = np.sin((target_radians - latitude_radians) / 2) ** 2
    longitude_term = (
        np.cos(latitude_radians) * np.cos(target_radians) * np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    )
    distances: DegreeArray = 2 * RADIUS_KM * np.arcsin(np.sqrt(np.minimum(latitude_term + longitude_term, 1.0)))
    return distances
