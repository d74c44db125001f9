"""A command of the server is what `python -m segcli` is: the same words on both streams, the same end."""

from collections.abc import Callable
from typing import Any

import pytest

ALONE = 'segcli() { "$PYTHON" -m segcli "$@"; }; '


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("segcli --version", 0),
        ("COLUMNS=60 FORCE_COLOR=1 segcli rfm sample_data/orders.csv -f table", 0),
        ("segcli rfm - --columns - < sample_data/orders.csv", 2),
        ("cat sample_data/orders.csv | segcli rfm - -q", 0),
        ("segcli rfm nothing.csv", 3),
        ("set -o pipefail; segcli rfm sample_data/orders.csv -q | head -1", 141),
        ("segcli rfm sample_data/orders.csv -o /nowhere/x.csv", 5),
        ("segcli rfm sample_data/orders.csv -q >&-", 5),
    ],
)
def test_it_says_and_ends_as_a_process_of_its_own(bash: Callable[..., Any], script: str, code: int) -> None:
    served, alone = bash(script), bash(ALONE + script)
    assert (served.returncode, served.stdout, served.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert served.returncode == code, served.stderr
