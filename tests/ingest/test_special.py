"""Special categories are known by whole words about people, in every language; goods and their properties are none."""

import pytest

from segcli.ingest.column_topics import find_special_word, special_category_columns


@pytest.mark.parametrize(
    "name",
    [
        *("health", "HealthScore", "health_note", "chronic disease", "Diseases", "diagnosis_code", "disabilities"),
        *("is_pregnant", "Religion", "ethnicity", "political", "trade union member", "sexual orientation"),
        *(
            "Gesundheitszustand",
            "Krankheiten",
            "Konfession",
            "salud",
            "enfermedades",
            "религия",
            "sức khỏe",
            "健康状况",
        ),
    ],
)
def test_facts_about_people_are_special(name: str) -> None:
    assert special_category_columns([name]) == [name]
    assert find_special_word(name)


FOOD = ["yummy", "convenient", "spicy", "fattening", "greasy", "fast", "cheap", "tasty", "expensive", "healthy"]


@pytest.mark.parametrize(
    "name",
    [
        *(*FOOD, "Healthy", "is_healthy", "healthiness", "unhealthy", "Health & Beauty", "health_and_beauty_spend"),
        *("health food", "wealth", "brace", "trace", "racer", "faithful", "churchill", "embrace", "Commonwealth"),
    ],
)
def test_goods_and_their_properties_are_not(name: str) -> None:
    assert special_category_columns([name]) == []
