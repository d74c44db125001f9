"""Bases of place: lookups by the finest key, longest beginnings of postcodes, distances against another formula."""

from collections.abc import Callable

import numpy as np
import pytest

from segcli.errors import ConfigProblems, InputProblem
from segcli.segment.bases.distance import haversine_distance
from tests.segment.bases.conftest import customers, decided, labels, texts

FileOf = Callable[..., str]


@pytest.mark.base("postcode_area")
def test_the_longest_beginning_of_a_postcode_counts(file_of: FileOf) -> None:
    areas = file_of("Postcode,Area\n0,east\n04,Leipzig\n10115,Mitte\nSW1A,Westminster\n", "areas.csv")
    codes = texts("04109", "01067", "10115", "10117", "sw1a 2aa", None)
    made = decided("postcode_area", customers(postcode=codes), areas)
    assert list(made.labels) == ["Leipzig", "east", "Mitte", "unknown", "Westminster", "unknown"]
    assert made.notes == (f"4 of 6 customers matched in {areas} by postcode; not found: 10117",)
    assert [one.name for one in made.provenance.inputs] == ["crm.csv", areas]
    assert labels("postcode_area", customers(postcode=codes)) == ["04", "01", "10", "10", "SW", "unknown"]


@pytest.mark.base("urban_rural")
def test_a_place_is_found_by_the_finest_key_that_both_have(file_of: FileOf) -> None:
    table = file_of("town;urban rural\nBonn;city\nAhr;rural\n", "places.csv")
    made = decided("urban_rural", customers(city=texts("bonn", "Ahr ", "Rom"), country=texts("DE", "DE", "IT")), table)
    assert list(made.labels) == ["city", "rural", "unknown"]
    assert labels("urban_rural", customers(urban_rural=texts("rural", None))) == ["rural", "unknown"]


@pytest.mark.base("climate")
def test_climate_codes_are_told_by_their_group(file_of: FileOf) -> None:
    table = file_of("country,climate\nNO,Dfc\nES,Csa\nEG,BWh\nXX,damp\n", "climate.csv")
    made = labels("climate", customers(country=texts("NO", "ES", "EG", "XX", "DE")), table)
    assert made == ["continental", "temperate", "dry", "damp", "unknown"]


@pytest.mark.base("city_size")
def test_city_sizes_at_their_boundaries(file_of: FileOf) -> None:
    sizes = [49_999, 50_000, 100_000, 249_999, 250_000, 500_000, 1_000_000, 5_000_000, None]
    expected = ["town or village", "small city", "medium city", "medium city", "large city", "very large city"]
    found = labels("city_size", customers(population=texts(*[str(n) if n else None for n in sizes])))
    assert found == [*expected, "metropolis", "global city", "unknown"]
    with pytest.raises(ConfigProblems, match="1 cut makes 2 sizes"):
        labels("city_size", customers(population=[1]), cuts=[5])
    bad = file_of("city,population\nBonn,many\n", "sizes.csv")
    with pytest.raises(InputProblem, match="population: could not convert"):
        labels("city_size", customers(city=texts("Bonn")), bad)


@pytest.mark.base("distance")
def test_the_nearest_store_and_its_distance(file_of: FileOf) -> None:
    """Berlin to Munich 504.4 km and to Hamburg 255.3 km along great circles on the mean sphere."""
    stores = file_of("store,lat,lon\nMunich,48.1351,11.5820\nHamburg,53.5511,9.9937\n", "stores.csv")
    table = customers(latitude=[52.52, 53.5511, 48.2, 123.0, None], longitude=[13.405, 9.9937, 11.6, 0.0, 1.0])
    made = decided("distance", table, stores)
    assert made.table["nearest_store"].tolist() == ["Hamburg", "Hamburg", "Munich", "unknown", "unknown"]
    assert made.table["distance_km"].tolist()[:2] == pytest.approx([255.3, 0.0], abs=0.1)
    assert list(made.labels) == ["from 50 km", "below 5 km", "5 to 20 km", "unknown", "unknown"]
    assert made.warnings == ("impossible coordinates: 1; counted as unknown",)
    with pytest.raises(InputProblem, match="a store table"):
        labels("distance", table)


def test_the_haversine_is_the_angle_between_vectors() -> None:
    """Another way to the same: the angle between two unit vectors, by its tangent."""
    chance = np.random.default_rng(3)
    latitude, longitude = chance.uniform(-90, 90, 500), chance.uniform(-180, 180, 500)

    def vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        a, b = np.radians(lat), np.radians(lon)
        return np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])

    one, other = vectors(latitude, longitude), vectors(np.array([51.0]), np.array([7.0]))
    angle = np.arctan2(np.linalg.norm(np.cross(one.T, other.T), axis=1), (one * other).sum(axis=0))
    assert np.abs(haversine_distance(latitude, longitude, 51.0, 7.0) - 6371.0088 * angle).max() < 1e-6


def test_a_table_that_contradicts_itself_or_lacks_a_column_is_refused(file_of: FileOf) -> None:
    twice = file_of("postcode,area\n1,a\n1,b\n", "twice.csv")
    with pytest.raises(InputProblem, match="has both 'a' and 'b' for the same postcode"):
        labels("postcode_area", customers(postcode=texts("1")), twice)
    lacking = file_of("postcode,name\n1,a\n", "lacking.csv")
    with pytest.raises(InputProblem, match="no column area; the header has: postcode, name"):
        labels("postcode_area", customers(postcode=texts("1")), lacking)
    with pytest.raises(ConfigProblems, match="usage does not use a table"):
        labels("usage", customers(orders=[1]), lacking)
