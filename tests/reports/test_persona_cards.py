"""Cards of personas put traits in words."""

import pytest

from segcli.model import Persona, Trait
from segcli.reports.persona_cards import build_persona_card


def bar_text(value: float, base: float) -> str:
    trait = Trait("orders", value, base, 100 * value / base, value - base, 50)
    more, less = ((trait,), ()) if value > base else ((), (trait,))
    card = build_persona_card(Persona("New", "Bought once.", 3, 0.1, 9.0, 0.1, more, less, {}, "Write to them."))
    return str(card.bars[0][0])


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        (6.9, 3.0, "orders: 2.3x the average"),
        (6.0, 3.0, "orders: 2x the average"),
        (4.2, 3.0, "orders: 40% above the average"),
        (1.5, 3.0, "orders: 50% below the average"),
        (0.0, 3.0, "orders: 100% below the average"),
    ],
)
def test_a_trait_says_by_how_much_it_differs_from_the_average(value: float, base: float, expected: str) -> None:
    assert bar_text(value, base) == expected
