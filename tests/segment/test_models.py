"""A saved model whose numbers cannot be what they are called is refused, whatever its checksum says."""

from typing import Any

import pytest

from segcli.segment.models import _check_fields

MODEL: dict[str, Any] = {
    "name": "gaussian",
    "k": 1,
    "features": [],
    "reduction": None,
    "segments": ["A"],
    "centres": {"A": {}},
    "reach": {"A": 1.0},
}


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        ({"weights": [[-1e19]]}, "shape.weights"),
        ({"weights": [[0.0]]}, "shape.weights"),
        ({"weights": [[1.5]]}, "shape.weights"),
        ({"weights": [[1.0]], "yes": [[0.2, 1.0]]}, "shape.yes"),
        ({"weights": [[1.0]], "yes": [[-0.1]]}, "shape.yes"),
    ],
)
def test_weights_and_chances_out_of_their_range_are_named(shape: dict[str, Any], field: str) -> None:
    assert dict(_check_fields(MODEL | {"shape": shape}))[field] is False


def test_weights_and_chances_within_their_range_are_sound() -> None:
    found = dict(_check_fields(MODEL | {"shape": {"weights": [[1.0]], "yes": [[0.2, 0.9]]}}))
    assert found["shape.weights"] is found["shape.yes"] is True
