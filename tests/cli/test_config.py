"""Settings come in layers, each over the last; `config` shows which won, and what may be said at all."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from segcli.config.yaml_loader import parse_document

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _origin(segcli: Run, *arguments: str, **how: Any) -> tuple[str, str]:
    """Value and origin of rfm.bins by `config show --origin`."""
    done = segcli("config", "show", "--origin", *arguments, **how)
    assert done.returncode == 0, done.stderr
    (found,) = re.findall(r"^  bins: (\S+) +# (.+)$", done.stdout, re.MULTILINE)
    return found[0], found[1]


@pytest.fixture
def layered(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Environment of a user file (bins 2), with ./segcli.yaml (3) and given.yaml (4) in the working folder."""
    user = Path(environment["HOME"]) / "xdg" / "segcli"
    user.mkdir(parents=True)
    (user / "config.yaml").write_text("rfm: {bins: 2}\n")
    (folder / "segcli.yaml").write_text("version: 1\nrfm:\n  bins: 3\n")
    (folder / "given.yaml").write_text("rfm: {bins: 4}\n")
    return {"XDG_CONFIG_HOME": str(user.parent)}


def test_without_any_settings_the_default_holds(segcli: Run) -> None:
    assert _origin(segcli) == ("5", "default")


def test_the_users_file_wins_over_the_default(segcli: Run, folder: Path, layered: dict[str, str]) -> None:
    (folder / "segcli.yaml").unlink()
    assert _origin(segcli, env=layered) == ("2", f"{layered['XDG_CONFIG_HOME']}/segcli/config.yaml:1:7")


@pytest.mark.usefixtures("layered")
def test_the_users_file_is_found_below_home_too(segcli: Run, folder: Path, environment: dict[str, str]) -> None:
    (folder / "segcli.yaml").unlink()
    home = Path(environment["HOME"])
    (home / "xdg").rename(home / ".config")
    assert _origin(segcli)[0] == "2"


def test_the_folders_file_wins_over_the_users(segcli: Run, layered: dict[str, str]) -> None:
    assert _origin(segcli, env=layered) == ("3", "segcli.yaml:3:3")


def test_the_named_file_wins_over_the_folders(segcli: Run, layered: dict[str, str]) -> None:
    assert _origin(segcli, "--config", "given.yaml", env=layered) == ("4", "given.yaml:1:7")


def test_the_environment_wins_over_files(segcli: Run, layered: dict[str, str]) -> None:
    env = {**layered, "SEGCLI_RFM__BINS": "6"}
    assert _origin(segcli, "--config", "given.yaml", env=env) == ("6", "$SEGCLI_RFM__BINS rfm.bins")


def test_set_wins_over_the_environment(segcli: Run, layered: dict[str, str]) -> None:
    env = {**layered, "SEGCLI_RFM__BINS": "6"}
    assert _origin(segcli, "--set", "rfm.bins=7", env=env) == ("7", "--set rfm.bins")


def test_a_flag_wins_over_set(segcli: Run, layered: dict[str, str]) -> None:
    done = segcli("rfm", "orders.csv", "--bins", "8", "--set", "rfm.bins=7", "-f", "json", env=layered)
    assert json.loads(done.stdout)["provenance"]["settings"]["rfm.bins"] == 8


def test_layers_merge_key_by_key(segcli: Run, layered: dict[str, str]) -> None:
    done = segcli("config", "show", "--set", "rfm.ties=next", "--set", "ingest.transactions.decimal=,", env=layered)
    shown = parse_document(done.stdout, "shown").values
    assert (shown["rfm"]["bins"], shown["rfm"]["ties"]) == (3, "next")
    assert shown["ingest"]["transactions"]["decimal"] == ","


def test_what_show_prints_is_a_config_that_means_the_same(segcli: Run, folder: Path, root: Path) -> None:
    shown = segcli("config", "show", "-c", root / "configs" / "retail.yaml").stdout
    (folder / "again.yaml").write_text(shown)
    assert segcli("config", "show", "-c", "again.yaml").stdout == shown


def test_mistakes_of_all_layers_are_listed_at_once_each_with_its_place(
    segcli: Run, folder: Path, layered: dict[str, str]
) -> None:
    (folder / "segcli.yaml").write_text("rfm:\n  bin: 3\n")
    env = {**layered, "SEGCLI_CLUSTER__K": "99"}
    done = segcli("config", "show", "--set", "report.titel=x", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(done.stderr.splitlines()) == [
        "segcli: $SEGCLI_CLUSTER__K cluster.k: must be a number from 2 to 50, a range such as 2-8, or auto; got 99",
        "segcli: --set report.titel: unknown key; did you mean 'title'?",
        "segcli: segcli.yaml:2:3: rfm.bin: unknown key; did you mean 'bins'?",
    ]


@pytest.fixture
def schema(segcli: Run) -> dict[str, Any]:
    """What `config schema` prints."""
    loaded: dict[str, Any] = json.loads(segcli("config", "schema").stdout)
    return loaded


def test_the_schema_is_valid_and_accepts_the_shipped_config(schema: dict[str, Any], root: Path) -> None:
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    config = parse_document((root / "configs" / "retail.yaml").read_text(), "retail.yaml").values
    validator(schema).validate(config)


@pytest.mark.parametrize(
    "settings", [{"bin": 3}, {"rfm": {"bin": 3}}, {"rfm": {"bins": 11}}, {"ingest": {"transactions": {"delim": ";"}}}]
)
def test_the_schema_refuses_what_segcli_refuses(schema: dict[str, Any], settings: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(settings, schema)
