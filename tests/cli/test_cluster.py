"""segcli cluster as its users run it."""

import json
from pathlib import Path
from typing import Any


def test_profile_and_tests_are_in_the_json_and_shown(segcli: Any, folder: Path) -> None:
    rows = "".join(f"{n},{10 + n % 3 if n < 40 else 90 + n % 4},{'a' if n < 40 else 'b'}\n" for n in range(70))
    (folder / "customers.csv").write_text("id,clicks,plan\n" + rows, encoding="utf-8")
    args = ("cluster", str(folder / "customers.csv"), "--features", "clicks", "-k", "2")
    told = json.loads(segcli(*args, "-f", "json").stdout)
    assert {one["column"] for one in told["tests"]} == {"clicks", "plan"}
    assert {"segment", "name", "value", "base", "index", "difference", "n", "marker"} <= set(told["profile"][0])
    shown = segcli(*args, "-f", "table").stdout
    assert "plan = b 100% (all 43%), clicks 2x" in shown
    assert "they differ in 1 of 1 other columns, most in plan (tested at 5 %" in shown


def test_a_model_that_labels_no_others_is_not_saved(segcli: Any, folder: Path) -> None:
    rows = "".join(f"{n},{n % 7 + 100 * (n % 2)},{n % 5}\n" for n in range(60))
    (folder / "customers.csv").write_text("id,spend,visits\n" + rows, encoding="utf-8")
    args = ("cluster", "customers.csv", "--features", "spend,visits", "--method", "hdbscan")
    refused = segcli(*args, "--save-model", "model.json")
    assert refused.returncode == 2
    assert "hdbscan labels only the customers it was fitted on" in refused.stderr
    assert not (folder / "model.json").exists()
    assert segcli(*args).returncode == 0
