"""The manual page is made from the commands themselves; UPDATE_DOCS=1 writes it anew."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segcli import __version__
from segcli.cli.options import CommonOptions
from segcli.errors import EXIT_CODE_MEANINGS, ExitCode

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "segcli" / "man" / "segcli.1"
INTRODUCTION = """\
segcli segments customers from CSV exports, in a terminal, a cron job or a pipe. It reads an order export as it is,
accounts for every line and all money in it, scores recency, frequency and monetary value, finds clusters, describes
each segment from its numbers, and writes a report. Everything runs on your machine. It sends no data anywhere.

Commands read a raw export or another command's output, so you can pipe them. The result goes to
standard output: a table on a terminal, CSV in a pipe. Progress and data-quality notes go to standard error.
"""
EXAMPLES = (
    ("Score an export without a config.", "segcli rfm orders.csv"),
    ("Write a starter config.", "segcli init orders.csv -o shop.yaml"),
    ("Run all analyses of the config.", "segcli run shop.yaml"),
    (
        "Combine commands in a pipe.",
        "segcli ingest orders.csv | segcli rfm | segcli cluster -k 4 | segcli report -o report.md",
    ),
    ("Take a tour with built-in data.", "segcli demo"),
)
ENVIRONMENT = (
    (
        "SEGCLI_SECTION__KEY",
        "A setting, such as SEGCLI_RFM__BINS=4. It overrides config files; --set overrides it.",
    ),
    ("XDG_CONFIG_HOME", "Folder of segcli/config.yaml, the user's settings. Default: ~/.config."),
    ("NO_COLOR, FORCE_COLOR", "Disable colour, or use colour in pipes too. --color overrides both."),
)


def escaped(text: str) -> str:
    """Text that roff takes as it is."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("~", "\\(ti").replace("^", "\\(ha")
    )
    return re.sub(r"^([.'])", r"\\&\1", text)


def option(parameter: Any) -> Iterator[str]:
    """An option or argument, and what it is for."""
    value = (
        ""
        if getattr(parameter, "is_flag", False)
        else parameter.metavar or max(parameter.opts, key=len).strip("-").upper()
    )
    named = [f"\\fB{escaped(name)}\\fR" for name in sorted(parameter.opts, key=len)]
    is_option = parameter.param_type_name == "option"
    yield ".TP"
    yield (
        " ".join([", ".join(named), f"\\fI{escaped(value)}\\fR"]).strip() if is_option else f"\\fI{escaped(value)}\\fR"
    )
    yield escaped(parameter.help or "")


def command(name: str, one: Any) -> Iterator[str]:
    """A command: how it is called, what it does, and its own options."""
    own = [p for p in one.params if p.name not in CommonOptions.__dataclass_fields__]
    arguments = [escaped(p.metavar or p.name.upper()) for p in own if p.param_type_name == "argument"]
    yield f'.SS "{escaped(name)}"'
    yield f".B segcli {escaped(name)}"
    yield " ".join(["[\\fIoptions\\fR]", *(f"\\fI{argument}\\fR" for argument in arguments)])
    for paragraph in str(one.help or one.callback.__doc__).strip().split("\n\n"):
        yield ".PP"
        yield escaped(" ".join(paragraph.split()))
    for parameter in own:
        yield from option(parameter)


def page(found: dict[str, Any]) -> Iterator[str]:
    """The whole page."""
    yield f'.TH SEGCLI 1 "" "segcli {__version__}" "User Commands"'
    yield from (".SH NAME", "segcli \\- customer segmentation from CSV exports", ".SH SYNOPSIS")
    yield from (".B segcli", "\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]", ".SH DESCRIPTION")
    yield "\n.PP\n".join(escaped(" ".join(one.split())) for one in INTRODUCTION.split("\n\n"))
    yield ".SH COMMANDS"
    for name, one in found.items():
        yield from command(name, one)
    yield ".SH COMMON OPTIONS"
    yield "Most commands take these as well."
    for parameter in found["rfm"].params:
        if parameter.name in CommonOptions.__dataclass_fields__:
            yield from option(parameter)
    yield ".SH EXIT STATUS"
    for code in ExitCode:
        yield from (".TP", f".B {int(code)}", escaped(f"{EXIT_CODE_MEANINGS[code][0]}."))
    yield ".SH ENVIRONMENT"
    for name, meaning in ENVIRONMENT:
        yield from (".TP", f".B {escaped(name)}", escaped(meaning))
    yield ".SH EXAMPLES"
    for what, line in EXAMPLES:
        yield from (escaped(what), ".PP", ".nf", ".RS", escaped(line), ".RE", ".fi", ".PP")


def test_the_page_is_made_from_the_commands(commands: dict[str, Any]) -> None:
    made = "\n".join(page(commands)).removesuffix("\n.PP") + "\n"
    if os.environ.get("UPDATE_DOCS") == "1":
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made
    assert made.isascii()


CHECKS = {
    "groff": ["groff", "-man", "-ww", "-Tutf8", "-z", str(PAGE)],
    "mandoc": ["mandoc", "-Tlint", "-Wwarning", str(PAGE)],
    "man": ["man", "--warnings", "-E", "UTF-8", "-l", str(PAGE)],
}


@pytest.mark.parametrize("program", CHECKS)
def test_it_is_set_without_a_warning(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    done = subprocess.run(
        CHECKS[program], capture_output=True, text=True, check=False, env={**os.environ, "MANPAGER": "cat"}
    )
    said = (done.stdout if program == "mandoc" else done.stderr).splitlines()
    assert [line for line in said if "missing date" not in line] == []  # a date would be the clock's, or go stale
    if program == "man":
        assert "Score recency, frequency and monetary value" in done.stdout


def test_every_command_and_option_is_in_it(commands: dict[str, Any]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, one in commands.items():
        assert f'.SS "{escaped(name)}"' in text
        for parameter in one.params:
            assert all(escaped(spelling) in text for spelling in parameter.opts if spelling.startswith("-"))
