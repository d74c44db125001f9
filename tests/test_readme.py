"""The README is true: its set-up is run as it stands, its tables are the program's, and it is short.

That its commands print what it shows is tested with all pages (docs/test_pages.py). UPDATE_DOCS=1 writes anew.
"""

import os
import re
from pathlib import Path

from segcli.errors import EXIT_CODE_MEANINGS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
EXITS = re.compile(r"(<!-- exits: .*? -->\n).*?(<!-- /exits -->)", re.DOTALL)


def test_exit_codes_are_those_of_the_program() -> None:
    text = README.read_text(encoding="utf-8")
    rows = [f"| {int(code)} | {meaning} | {advice} |" for code, (meaning, advice) in EXIT_CODE_MEANINGS.items()]
    table = "\n".join(["| code | meaning | a cron job should |", "| --- | --- | --- |", *rows])
    found = EXITS.sub(lambda match: f"{match[1]}\n{table}\n\n{match[2]}", text)
    if os.environ.get("UPDATE_DOCS") == "1":
        README.write_text(found, encoding="utf-8")
    assert EXITS.search(text)
    assert found == text


def test_it_is_read_in_a_few_minutes() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) < 400


def test_ci_runs_the_two_shell_blocks() -> None:
    """The set-up commands are run from nothing by .ci/run, which reads them from the README."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert "segcli run configs/retail.yaml" in blocks[0]
    assert "pytest" in blocks[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'eval "$(block 1)"' in script
    assert 'eval "$(block 2)"' in script


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    from typer.main import get_command

    from segcli.cli.app import app

    names = get_command(app).commands  # type: ignore[attr-defined]
    assert [name for name in names if f"segcli {name}" not in text] == []
