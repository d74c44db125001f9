"""What the pages about commands are made from."""

from typing import Any

import pytest
from typer.main import get_command

from segcli.cli.app import app


@pytest.fixture(scope="session")
def commands() -> dict[str, Any]:
    """All commands by name, those of groups by both names."""
    found: dict[str, Any] = {}
    for name, one in get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(one, "commands", None)
        found |= {f"{name} {own}": inner[own] for own in inner} if inner else {name: one}
    return found
