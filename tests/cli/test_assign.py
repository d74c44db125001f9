"""segcli cluster --save-model and segcli assign in real processes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def trained(segcli: Run, folder: Path) -> Path:
    rows = [f"C{n:02},{1 + n % 2 * 9 + n % 3},{10 + n % 2 * 900 + n}" for n in range(40)]
    (folder / "c.csv").write_text("\n".join(["customer_id,orders,revenue", *rows]) + "\n")
    arguments = ("-k", "2", "--features", "orders,revenue", "--set", "cluster.pairs=0", "-q")
    done = segcli(
        *("cluster", "c.csv", *arguments, "-o", "found.csv"),
        *("--save-model", "m.json", "--emit-rules", "r.yaml"),
    )
    assert done.returncode == 0, done.stderr
    return folder


def labels(path: Path, name: str) -> list[str]:
    header, *rows = [line.split(",") for line in path.read_text().replace('"', "").splitlines()]
    assert name in header
    return [row[-1] for row in rows]


def test_the_training_file_gets_its_labels_and_rules_give_them_too(segcli: Run, trained: Path) -> None:
    done = segcli("assign", "c.csv", "--model", "m.json", "-q", "-o", "again.csv")
    assert done.returncode == 0, done.stderr
    assert labels(trained / "again.csv", "cluster_segment") == labels(trained / "found.csv", "cluster_segment")
    done = segcli("rules", "c.csv", "-c", "r.yaml", "-q", "-o", "told.csv")
    assert done.returncode == 0, done.stderr
    assert labels(trained / "told.csv", "cluster_rules") == labels(trained / "found.csv", "cluster_segment")


def test_assigning_does_not_load_scikit_learn(trained: Path, environment: dict[str, str]) -> None:
    script = "import sys; from segcli.cli import main\ntry:\n    main()\nfinally:\n    print('sklearn' in sys.modules)"
    arguments = ("assign", "c.csv", "--model", "m.json", "-q", "-o", "x.csv")
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(
        command, cwd=trained, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]
    assert (trained / "x.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("c.csv",), 2, "no model; pass one saved by segcli rfm or segcli cluster"),
        (("c.csv", "--model", "nowhere.json"), 3, "nowhere.json"),
        (("c.csv", "--model", "c.csv"), 3, "not valid JSON"),
        (("orders.csv", "--model", "m.json", "-o", "m.json"), 2, "m.json"),
    ],
)
def test_what_cannot_be_assigned(
    segcli: Run, trained: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = (trained / "m.json").read_text()
    done = segcli("assign", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert (trained / "m.json").read_text() == before


def test_an_rfm_model_assigns_too(segcli: Run, trained: Path) -> None:
    assert segcli("rfm", "orders.csv", "-q", "--save-model", "edges.json", "-o", "scored.csv").returncode == 0
    done = segcli("assign", "orders.csv", "--model", "edges.json", "-q", "-o", "again.csv")
    assert done.returncode == 0, done.stderr
    assert (trained / "again.csv").read_text() == (trained / "scored.csv").read_text()
