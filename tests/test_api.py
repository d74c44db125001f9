"""The Python interface gives the results of the command line, is typed, and costs nothing until it is used."""

import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import segcli
from segcli.errors import GateFailure

ORDERS = "customer_id,order_id,order_date,amount\n" + "".join(
    f"{n % 23:03},{n},2026-0{1 + n % 6}-1{n % 9},{(n * 7) % 50 + 1}.50\n" for n in range(200)
)
CONFIG = (
    "version: 1\noutput: out\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 3}\npersona: {}\nreport: {}\n"
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "shop.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_command(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "segcli", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_csv(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), dtype={"customer_id": str})


def from_command(*arguments: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(run_command(*arguments, "-q", "-f", "csv")), dtype={"customer_id": str})


@pytest.mark.usefixtures("shop")
def test_results_are_those_of_the_commands() -> None:
    frame = pd.read_csv("orders.csv", dtype=str)
    for data in ("orders.csv", Path("orders.csv"), frame, frame.set_index("order_id")):
        scored = segcli.rfm(data, bins=4)
        expected = from_command("rfm", "orders.csv", "--bins", "4")
        pd.testing.assert_frame_equal(as_csv(scored.table)[list(expected)], expected, check_dtype=False)
    clusters = segcli.cluster("orders.csv", k=3)
    expected = from_command("cluster", "orders.csv", "-k", "3")
    pd.testing.assert_frame_equal(as_csv(clusters.table)[list(expected)], expected, check_dtype=False)
    (lifecycle,) = segcli.rules("orders.csv", ["lifecycle"])
    expected = from_command("rules", "orders.csv", "--base", "lifecycle")
    assert as_csv(lifecycle.table)["lifecycle"].tolist() == expected["lifecycle"].tolist()
    assert segcli.read("orders.csv").table["customer_id"].tolist() == sorted({f"{n:03}" for n in range(23)})


@pytest.mark.usefixtures("shop")
def test_a_report_is_that_of_the_command() -> None:
    Path("scored.csv").write_text(run_command("rfm", "orders.csv", "-q"))
    for language in ("en", "ru"):
        text = segcli.report("scored.csv", format="md", title="May", language=language)
        assert text == run_command("report", "scored.csv", "-q", "-f", "md", "--title", "May", "--lang", language)


@pytest.mark.usefixtures("shop")
def test_a_run_writes_the_files_of_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    result = segcli.run("shop.yaml", output="here", rfm__bins=4)
    assert capfd.readouterr() == ("", "")
    run_command("run", "shop.yaml", "-q", "-o", "there", "--set", "rfm.bins=4")
    assert sorted(result.files) == sorted(
        {path.name for path in Path("there").iterdir() if path.is_file()} - {"run.json", ".segcli-lock"}
    )
    for name in result.files:
        assert Path("here", name).read_bytes() == Path("there", name).read_bytes(), name
    assert result.manifest["settings"]["rfm"]["bins"] == 4
    assert result.segmentations[0].column == "rfm_segment"


@pytest.mark.usefixtures("shop")
def test_results_are_passed_on_without_reading_again() -> None:
    customers = segcli.read("orders.csv")
    Path("orders.csv").unlink()
    scored = segcli.rfm(customers)
    (tier,) = segcli.rules(scored, [{"name": "tier", "segments": [{"segment": "Gold", "when": "orders >= 9"}]}])
    assert {"rfm_segment", "tier"} <= set(tier.table)
    found = segcli.personas([scored, tier])
    assert set(found) == {"rfm_segment", "tier"}
    assert sum(persona.customers for persona in found["tier"]) == 23


@pytest.mark.usefixtures("shop")
def test_only_named_settings_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_RFM__BINS", "2")
    Path("segcli.yaml").write_text("rfm: {bins: 2}\n")
    assert segcli.rfm("orders.csv").scores["m_score"].max() == 5
    assert segcli.rfm("orders.csv", config="shop.yaml").scores["m_score"].max() == 3
    assert segcli.rfm("orders.csv", config="shop.yaml", bins=4).scores["m_score"].max() == 4


@pytest.mark.usefixtures("shop")
def test_failures_are_those_of_the_command() -> None:
    with pytest.raises(segcli.SegcliError, match=r"argument rfm\.bin: unknown key; did you mean 'bins'"):
        segcli.rfm("orders.csv", bin=3)
    with pytest.raises(segcli.SegcliError, match="no such file"):
        segcli.read("missing.csv")
    with pytest.raises(segcli.SegcliError, match="no rules; name a base"):
        segcli.rules("orders.csv")
    with pytest.raises(GateFailure):
        segcli.run("shop.yaml", as_of="2030-01-01", quality__max_age_days=30, quality__fail_on="warning")
    assert Path("out/run.json").exists()


def test_a_frame_is_named_as_such_in_results() -> None:
    frame = pd.DataFrame({"customer_id": ["a"], "order_date": pd.to_datetime(["2026-01-05"]), "amount": [1.5]})
    customers = segcli.read(frame)
    assert customers.input_reports[0].input.name == "DataFrame"
    assert customers.table["revenue"].tolist() == [1.5]


def test_importing_the_package_loads_no_library() -> None:
    code = "import sys, segcli; segcli.__version__; print(sorted({'pandas', 'typer', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert all(hasattr(segcli, name) for name in segcli.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        _ = segcli.nope  # type: ignore[attr-defined]


def test_the_interface_is_listed_before_it_is_imported() -> None:
    assert {*segcli.__all__, "__version__"} <= set(dir(segcli))
