"""A page for each command, with its options as they are; UPDATE_DOCS=1 writes them anew."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from segcli.cli.app import app
from segcli.cli.options import CommonOptions

Kept = Callable[[Path, str, Iterable[str]], bool]
FOLDER = Path(__file__).parents[2] / "docs" / "commands"
LINK = "[the common options](README.md#common-options)"


def table(parameters: Iterable[Any]) -> Iterator[str]:
    """Options and arguments, and what they are for."""
    yield from ("| option | meaning |", "| --- | --- |")
    for one in parameters:
        value = "" if getattr(one, "is_flag", False) else one.metavar or max(one.opts, key=len).strip("-").upper()
        is_option = one.param_type_name == "option"
        called = " ".join([", ".join(sorted(one.opts, key=len)), value]).strip() if is_option else value
        yield (
            f"| `{called}` | {one.help or ''} |".replace("|P%", "\\|P%").replace("G|I", "G\\|I").replace("N|M", "N\\|M")
        )


def common(one: Any) -> bool:
    return one.name in CommonOptions.__dataclass_fields__


def help_of(name: str, command: Any) -> Iterator[str]:
    """How a command is called, what it says it does, and its own options."""
    own = [one for one in command.params if not common(one)]
    arguments = [
        f"{one.metavar or one.name.upper()}{'...' * (one.nargs == -1)}"
        for one in own
        if one.param_type_name == "argument"
    ]
    yield from ("```text", f"segcli {name} {' '.join(['[OPTIONS]', *arguments])}", "```", "")
    for paragraph in str(command.help or command.callback.__doc__).strip().split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    if own:
        yield from (*table(own), "")
    if any(map(common, command.params)) and len(command.params) > len(own) + 5:
        yield from (f"{'And' if own else 'It takes'} {LINK}.", "")


def page_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.md"


NAMES = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_has_a_page_and_every_page_a_command(commands: dict[str, Any]) -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {"README", *(name.replace(" ", "-") for name in commands)}


def test_the_pages_tell_the_options_there_are(commands: dict[str, Any], kept: Kept) -> None:
    stale = [name for name, one in commands.items() if not kept(page_of(name), "help", help_of(name, one))]
    assert stale == []


def test_the_index_tells_all_commands_and_the_common_options(commands: dict[str, Any], kept: Kept) -> None:
    first = {name: str(one.help or one.callback.__doc__).strip().splitlines()[0] for name, one in commands.items()}
    rows = [f"| [{name}]({name.replace(' ', '-')}.md) | {line} |" for name, line in first.items()]
    assert kept(page_of("README"), "commands", ["| command | what it does |", "| --- | --- |", *rows])
    assert kept(page_of("README"), "common", table(filter(common, commands["rfm"].params)))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_the_command_is_for_and_shows_it(name: str, commands: dict[str, Any]) -> None:
    for full in (one for one in commands if one.split()[0] == name):
        text = page_of(full).read_text(encoding="utf-8")
        said = text.partition("\n\n")[2].partition("<!-- help")[0]
        assert len(said) > 80
        assert f"$ segcli {full}" in text or f"segcli {full} " in text.partition("## Examples")[2]
