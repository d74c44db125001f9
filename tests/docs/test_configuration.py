"""The reference of settings is made from the settings, the example is the demo's; UPDATE_DOCS=1 writes both anew."""

import os
import re
from pathlib import Path

import pytest

from segcli.config import load_settings, parse_yaml_layer
from segcli.config.reference import render_markdown_table

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "segcli" / "demo" / "shop.yaml").read_text(encoding="utf-8")
EXAMPLE = f"```yaml\n{SHOP}```\n"
PLACES = [
    ("docs/configuration.md", "settings", render_markdown_table()),
    ("docs/configuration.md", "example", EXAMPLE),
    ("README.md", "example", EXAMPLE),
]


@pytest.mark.parametrize(("name", "mark", "made"), PLACES, ids=[f"{name} {mark}" for name, mark, _ in PLACES])
def test_the_page_has_what_the_settings_say(name: str, mark: str, made: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    between = re.compile(rf"(<!-- {mark}: .*? -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    assert between.search(text)
    found = between.sub(lambda match: f"{match[1]}\n{made}\n{match[2]}", text)
    if os.environ.get("UPDATE_DOCS") == "1":
        path.write_text(found, encoding="utf-8")
    assert found == text


def test_the_example_is_read() -> None:
    assert load_settings([parse_yaml_layer(SHOP, "shop.yaml", ".")]).declares_section("persona")
