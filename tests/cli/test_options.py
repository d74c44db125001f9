"""A flag that stands for a setting says what the setting says."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import typer
import typer.main

from segcli.cli.app import app
from segcli.config.reference import iterate_options

if TYPE_CHECKING:
    import subprocess

FLAGS = [
    ("rfm", "--bins", "rfm.bins"),
    ("rfm", "--method", "rfm.method"),
    ("rfm", "--ties", "rfm.ties"),
    ("rfm", "--segments", "rfm.segments"),
    ("rfm", "--model", "rfm.model"),
    ("cluster", "-k", "cluster.k"),
    ("cluster", "--method", "cluster.method"),
    ("cluster", "--features", "cluster.features"),
    ("persona", "--of", "persona.of"),
    ("report", "--title", "report.title"),
    ("report", "--sections", "report.sections"),
    ("rfm", "--as-of", "as_of"),
    ("rfm", "--lang", "language"),
    ("rfm", "--seed", "seed"),
    ("rfm", "--encoding", "ingest.transactions.encoding"),
    ("rfm", "--decimal", "ingest.transactions.decimal"),
    ("rfm", "--date-format", "ingest.transactions.date_format"),
    ("rfm", "--locale", "ingest.transactions.locale"),
    ("rfm", "--skip-rows", "ingest.transactions.skip_rows"),
    ("rfm", "--skip-footer", "ingest.transactions.skip_footer"),
    ("rfm", "--preset", "ingest.transactions.preset"),
    ("rfm", "--rejects", "ingest.rejects"),
    ("rfm", "--max-rejects", "ingest.max_rejects"),
    ("rfm", "--fail-on", "quality.fail_on"),
    ("rfm", "--engine", "ingest.engine"),
    ("ingest", "--key-file", "privacy.key_file"),
    ("run", "--state", "ingest.state"),
    ("cluster", "--previous", "cluster.previous"),
    ("persona", "--audience", "privacy.audience"),
    ("clv", "--horizon", "clv.horizon"),
    ("clv", "--calibration-end", "clv.calibration_end"),
    ("cohort", "--by", "cohort.by"),
    ("cohort", "--period", "cohort.period"),
    ("cohort", "--show", "cohort.show"),
    ("backtest", "--until", "backtest.until"),
    ("backtest", "--period-days", "backtest.period_days"),
    ("backtest", "--folds", "backtest.folds"),
    ("target", "--of", "target.of"),
    ("target", "--choose", "target.choose"),
    ("target", "--budget", "target.budget"),
    ("plan", "--of", "plan.of"),
]


def _parameters(command: str) -> dict[str, Any]:
    """A command's options by every spelling."""
    group: Any = typer.main.get_command(app)
    return {spelling: parameter for parameter in group.commands[command].params for spelling in parameter.opts}


def _description(setting: str) -> str:
    return str(dict(iterate_options())[setting].description)


@pytest.mark.parametrize(("command", "flag", "setting"), FLAGS)
def test_a_flag_has_the_help_of_its_setting(command: str, flag: str, setting: str) -> None:
    assert _parameters(command)[flag].help.removesuffix(".") == _description(setting).removesuffix(".")


COMMON = [
    *("--config", "-c", "--set", "--output", "-o", "--format", "-f", "--as-of", "--encoding", "--delimiter"),
    *("--decimal", "--date-format", "--map", "--quiet", "-q", "--verbose", "-v", "--debug", "--dry-run", "-n"),
    *("--color", "--log-format", "--seed"),
]


@pytest.mark.parametrize("command", ["init", "check", "ingest", "rfm", "cluster", "persona", "report", "run"])
def test_every_command_has_the_common_options_each_with_a_help_text(command: str) -> None:
    found = _parameters(command)
    assert set(COMMON) <= set(found)
    assert all(parameter.help for parameter in found.values())


@pytest.mark.parametrize(
    ("command", "options"),
    [("rfm", ["--bins", "--method", "--ties", "--segments"]), ("report", ["--title", "--sections"])],
)
def test_the_named_options_of_the_contract_are_there(command: str, options: list[str]) -> None:
    assert set(options) <= set(_parameters(command))


@pytest.mark.parametrize("command", ["ingest", "rfm", "cluster", "persona", "report"])
def test_the_help_of_a_main_command_fits_a_screen_and_help_all_shows_the_rest(
    command: str, segcli: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    short, full = segcli(command, "-h").stdout, segcli(command, "--help-all").stdout
    assert len(short.splitlines()) <= 45
    assert "--encoding" not in short
    assert all(max(parameter.opts, key=len) in full for parameter in _parameters(command).values() if parameter.opts)


@pytest.mark.parametrize("command", typer.main.get_command(app).commands)  # type: ignore[attr-defined]
def test_the_examples_of_a_command_are_command_lines_that_it_takes(command: str) -> None:
    group: Any = typer.main.get_command(app)
    examples = (group.commands[command].epilog or "").splitlines()
    assert len(examples) == 2 or command == "config"
    for line in examples:
        words = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
        assert words[:2] == ["segcli", command]
        group.commands[command].make_context(command, words[2:])
