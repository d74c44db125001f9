"""Damaged configs, exports, models, states and run folders: a documented code, no traceback, 20 seconds of CPU time.

`pytest --hypothesis-profile=campaign tests/test_fuzz_files.py` tries 1,000 to 2,000 of each kind.
"""

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segcli.cli import _run_arguments
from segcli.io.model_file import dump_model_file
from tests import mutations

DOCUMENTED = {0, 2, 3, 4, 5, 6}
LONGEST = 20  # seconds of CPU time
STUCK = 120  # seconds of any kind
ROOT = Path(__file__).parents[1]
PRESETS = sorted((ROOT / "tests/ingest/presets").glob("*.csv"))
IS_CAMPAIGN = settings.get_current_profile_name() == "campaign"


def fuzzed(quick: int, campaign: int = 1_000) -> settings:
    """Settings of a campaign: so many examples in the suite, and so many by hand."""
    examples = campaign if IS_CAMPAIGN else quick
    return settings(deadline=None, max_examples=examples, database=None, suppress_health_check=list(HealthCheck))


class TooSlow(BaseException):
    """A command ran longer than it may."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., int]]:
    """Run a command line; refuse codes that are not documented, tracebacks, and commands that take too long."""
    before = {number: signal.signal(number, _stop) for number in (signal.SIGALRM, signal.SIGPROF)}

    def code_of(*words: str | Path) -> int:
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        signal.alarm(STUCK)
        try:
            code = _run_arguments([*map(str, words)])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
        errors = capfd.readouterr().err
        assert code in DOCUMENTED, f"{words}: {code}: {errors}"
        assert "Traceback" not in errors
        return code

    yield code_of
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small part of the sample data, and the shipped configs for it."""
    folder = tmp_path_factory.mktemp("shop")
    for name in ("orders", "customers", "responses", "contacts", "occasions"):
        lines = (ROOT / f"sample_data/{name}.csv").read_bytes().splitlines(keepends=True)
        (folder / f"{name}.csv").write_bytes(b"".join(lines[:250]))
    for name in ("bank", "learning"):
        shutil.copytree(ROOT / "sample_data" / name, folder / name)
        for path in (folder / name).glob("*.csv"):
            path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:250]))
    return folder


def _configs() -> list[dict[str, Any]]:
    """The shipped configs, with their paths in the shop's folder, and a config for each preset."""
    shipped = [
        yaml.safe_load(path.read_text(encoding="utf-8").replace("../sample_data/", "").replace("../runs/", "out-"))
        for path in sorted((ROOT / "configs").glob("*.yaml"))
    ]
    presets = [
        {"version": 1, "ingest": {"transactions": {"path": str(path), "preset": path.stem}}, "rfm": {"bins": 3}}
        for path in PRESETS
    ]
    for config in shipped:  # what is judged on bootstrap samples takes nearly all the time
        config["cluster"] = {**config.get("cluster", {}), "pairs": 5, "starts": 1}
    return [*shipped, *presets]


CONFIGS = _configs()
COMMANDS = ("rfm", "rules", "cluster", "cohort", "persona", "target", "plan", "check", "report")


@fuzzed(8)
@given(data=st.data())
def test_any_mutated_config(shop: Path, run: Callable[..., int], monkeypatch: Any, data: st.DataObject) -> None:
    monkeypatch.chdir(shop)
    config = data.draw(st.sampled_from(CONFIGS))
    section = data.draw(st.sampled_from([name for name in config if name != "version"]))
    whole = data.draw(st.integers(0, 5)) == 0
    mutated = data.draw(mutations.documents(config if whole else config[section]))
    document = mutated if whole else {**config, section: mutated}
    Path("mutated.yaml").write_text(yaml.safe_dump(document), encoding="utf-8", errors="replace")
    command = section if section in COMMANDS else data.draw(st.sampled_from(COMMANDS))
    if data.draw(st.integers(0, 19)) == 0:
        run("run", "mutated.yaml", "-q", "--set", "output=results")
    else:
        run(command, "-c", "mutated.yaml", "-q", "-f", "json")


EXPORTS = [*PRESETS, ROOT / "sample_data/orders.csv", ROOT / "sample_data/customers.csv"]
ENCODINGS = ("utf-16", "utf-8-sig", "cp1252", "utf-32", "cp037", "shift_jis", "utf-7", "latin-1")


@st.composite
def exports(draw: st.DrawFn) -> bytes:
    """A real export that is damaged, cut, has doubled delimiters, or is in another encoding."""
    body = b"".join(draw(st.sampled_from(EXPORTS)).read_bytes().splitlines(keepends=True)[:60])
    kind = draw(st.sampled_from(["bytes", "bytes", "delimiters", "encoding", "ends", "quotes"]))
    place = draw(st.integers(0, max(len(body) - 1, 0)))
    match kind:
        case "delimiters":
            return body[:place] + body[place:].replace(b",", b",,", draw(st.integers(1, 20)))
        case "encoding":
            return body.decode("utf-8", "replace").encode(draw(st.sampled_from(ENCODINGS)), "replace")
        case "ends":
            return body.replace(b"\n", draw(st.sampled_from([b"\r", b"\r\n", b"\n\n", b"\n\r", b"", b"\x85"])))
        case "quotes":
            return body[:place] + draw(st.sampled_from([b'"', b'""', b"'", b'"\n'])) + body[place:]
    return draw(mutations.damaged_bytes(body))


@fuzzed(15, 2_000)
@given(body=exports(), command=st.sampled_from(["rfm", "rfm", "check", "ingest", "cohort"]))
def test_any_damaged_export(run: Callable[..., int], tmp_path: Path, body: bytes, command: str) -> None:
    (tmp_path / "in.csv").write_bytes(body)
    run(command, tmp_path / "in.csv", "-q")


@pytest.fixture(scope="module")
def models(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A saved model of each kind, by the command that uses it."""
    folder = tmp_path_factory.mktemp("models")
    lines = (ROOT / "sample_data/orders.csv").read_bytes().splitlines(keepends=True)
    (folder / "long.csv").write_bytes(b"".join(lines[:3_000]))
    orders, quick = shop / "orders.csv", ["-k", "2", "--set", "cluster.pairs=0", "--set", "cluster.starts=1"]
    saved = {
        "rfm": ["rfm", orders],
        "nested": ["rfm", orders, "--set", "rfm.method=nested", "--bins", "2"],
        "kmeans": ["cluster", orders, *quick],
        "gaussian": ["cluster", orders, *quick, "--set", "cluster.method=gaussian"],
        "reduced": ["cluster", orders, *quick, "--set", "cluster.reduce=pca"],
        "clv": ["clv", folder / "long.csv", "--set", "clv.model=bg_nbd"],
    }
    for name, words in saved.items():
        line = [*map(str, words), "-q", "-o", str(folder / "out.csv"), "--save-model", str(folder / f"{name}.json")]
        assert _run_arguments(line) == 0, name
    return {name: folder / f"{name}.json" for name in saved}


def _use(name: str, model: Path, shop: Path, run: Callable[..., int]) -> int:
    if name == "clv":
        return run("clv", model.parent / "long.csv", "--model", model, "-q")
    command = "assign" if name not in {"rfm", "nested"} else "rfm"
    return run(command, shop / "orders.csv", "--model", model, "-q")


KINDS = ("rfm", "nested", "kmeans", "gaussian", "reduced", "clv")


@fuzzed(25)
@given(name=st.sampled_from(KINDS), data=st.data())
def test_any_mutated_model_with_a_checksum_that_fits(
    models: dict[str, Path], shop: Path, run: Callable[..., int], name: str, data: st.DataObject
) -> None:
    model = json.loads(models[name].read_text(encoding="utf-8"))
    del model["sha256"]
    place = data.draw(st.sampled_from(list(mutations.places(model))))
    value = data.draw(st.sampled_from(mutations.MODEL_VALUES))
    path = models[name].with_name("mutated.json")
    path.write_text(dump_model_file(mutations.replaced(model, place, value)), encoding="utf-8")
    _use(name, path, shop, run)


@fuzzed(10)
@given(name=st.sampled_from(KINDS), data=st.data())
def test_any_damaged_model_is_refused(
    models: dict[str, Path], shop: Path, run: Callable[..., int], name: str, data: st.DataObject
) -> None:
    before = models[name].read_bytes()
    body = data.draw(mutations.damaged_bytes(before))
    path = models[name].with_name("damaged.json")
    path.write_bytes(body)
    assert _use(name, path, shop, run) == 3 or json.loads(body) == json.loads(before)


RUN = """version: 1
output: out
ingest:
  transactions: {path: exports, columns: {customer_id: Customer ID, order_id: Invoice, order_date: Ordered at}}
rfm: {bins: 3}
"""


@pytest.fixture(scope="module")
def night(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two exports, a config, the folder of its run, and its state."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "exports").mkdir()
    header, *lines = (shop / "orders.csv").read_bytes().splitlines(keepends=True)
    (folder / "exports/1.csv").write_bytes(header + b"".join(lines[:120]))
    (folder / "exports/2.csv").write_bytes(header + b"".join(lines[120:]))
    (folder / "run.yaml").write_text(RUN, encoding="utf-8")
    assert _run_arguments(["run", str(folder / "run.yaml"), "-q", "--state", str(folder / "state")]) in {0, 4}
    shutil.copytree(folder / "out", folder / "runs" / "first")
    return folder


@fuzzed(10)
@given(data=st.data())
def test_a_damaged_state_gives_the_results_of_a_full_run(
    night: Path, run: Callable[..., int], data: st.DataObject
) -> None:
    name, _, body = data.draw(mutations.damaged_folders(night / "state"))
    mutations.copy_damaged(night / "state", night / "damaged", name, body)
    code = run("run", night / "run.yaml", "-q", "--state", night / "damaged", "--set", f"output={night / 'again'}")
    if code == 0:
        full, again = (night / place / "customers.csv" for place in ("out", "again"))
        assert again.read_bytes() == full.read_bytes()


@fuzzed(12)
@given(data=st.data(), command=st.sampled_from(["history", "compare", "report", "forget", "run", "explain", "persona"]))
def test_any_damaged_run_folder(night: Path, run: Callable[..., int], data: st.DataObject, command: str) -> None:
    name, _, body = data.draw(mutations.damaged_folders(night / "runs"))
    mutations.copy_damaged(night / "runs", night / "damaged-runs", name, body)
    folder = night / "damaged-runs/first"
    match command:
        case "history":
            run("compare", folder.parent, "--history", "-q")
        case "compare":
            run("compare", night / "out", folder, "-q")
        case "forget":
            run("forget", "C-00048", folder, "-q")
        case "run":
            run("run", night / "run.yaml", "-q", "--set", f"output={folder}")
        case "persona":
            run("persona", night / "exports/1.csv", "--previous", folder, "-q")
        case "report":
            run("report", night / "exports/1.csv", "--previous", folder, "-q", "-f", "md")
        case _:
            run("explain", folder / name)


NEVER = ("--help", "--install-completion", "--show-completion")  # they end at once, or write to the home directory
WORDS = ("orders.csv", "customers.csv", "C-00048", "2026-01-01", "3", "-1", "0.5", "nan", "csv", "md", "x=y")
SETTINGS = (
    "rfm.bins=3",
    "rfm.bins=x",
    "as_of=9999-12-31",
    "seed=9999999999999999999",
    "a.b.c=1",
    "=",
    "ingest.rates={",
)
ARGUMENTS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(SETTINGS),
    st.text(st.characters(exclude_characters="/~."), max_size=6),  # nothing outside of the folder
)


def _options() -> dict[str, list[tuple[str, bool]]]:
    """The options of each command, each with whether it is a flag."""
    import typer.main

    from segcli.cli.commands import COMMAND_GROUPS, COMMAND_NAMES, build_app

    group: Any = typer.main.get_command(build_app())
    commands = {name: group.commands[name] for name in COMMAND_NAMES if name not in {*COMMAND_GROUPS, "demo"}}
    return {
        name: [
            (word, getattr(option, "is_flag", False))
            for option in command.params
            for word in option.opts
            if word.startswith("-") and word not in NEVER
        ]
        for name, command in commands.items()
    }


OPTIONS = _options()


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with up to four of its options, their values, and up to two arguments, which usually exist."""
    name = draw(st.sampled_from(sorted(OPTIONS)))
    files = st.sampled_from(["orders.csv", "customers.csv", "missing.csv", "C-00048"])
    words = [name, *draw(st.lists(files, max_size=2))]
    for word, is_flag in draw(st.lists(st.sampled_from(OPTIONS[name] or [("-h", True)]), max_size=4)):
        words += [word] if is_flag else [word, draw(ARGUMENTS)]
    return words


@fuzzed(15)
@given(words=command_lines())
def test_any_command_with_any_of_its_options(
    shop: Path, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    place = tmp_path / "shop"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ("orders.csv", "customers.csv"):
        shutil.copy(shop / name, place)
    monkeypatch.chdir(place)
    run(*words)
