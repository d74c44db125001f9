"""`segcli persona`: what changed since personas that were written before."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLANS = "customer_id,revenue,plan_segment\n"


def plans(folder: Path, name: str, **customers: int) -> None:
    """So many customers of each plan, each of whom brought 10."""
    listed = [plan for plan, count in customers.items() for _ in range(count)]
    (folder / name).write_text(PLANS + "".join(f"C{place},10,{plan}\n" for place, plan in enumerate(listed)))


def test_sizes_are_compared_and_who_is_gone_is_told(segcli: Callable[..., Any], folder: Path) -> None:
    plans(folder, "then.csv", basic=20, pro=10, trial=10)
    plans(folder, "now.csv", basic=20, pro=20)
    asked = ("--as-of", "2026-03-01", "--of", "plan_segment")
    then = segcli("persona", "then.csv", "-f", "json", "-o", "then.json", *asked)
    assert then.returncode == 0, then.stderr
    now = segcli("persona", "now.csv", "--against", "then.json", "-f", "json", *asked)
    assert now.returncode == 0, now.stderr
    assert "gone      plan_segment: trial" in now.stderr
    changed = {one["segment"]: one["changed"][0] for one in json.loads(now.stdout)["personas"]}
    assert changed == {
        "basic": "as many customers since 2026-03-01 (20 then)",
        "pro": "10 customers more since 2026-03-01 (10 then)",
    }


def test_earlier_personas_that_are_none_are_refused_before_anything_is_read(
    segcli: Callable[..., Any], folder: Path
) -> None:
    (folder / "then.json").write_text('{"schema": "segcli.rfm/1"}')
    done = segcli("persona", "nothing.csv", "--against", "then.json")
    assert done.returncode == 3
    assert "then.json" in done.stderr
    assert "nothing.csv" not in done.stderr
