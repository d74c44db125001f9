"""What the language files say, one YAML file each in `words/`: column names, months, words of status and for nobody."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from segcli import plugins
from segcli.config import yaml

WORDS = "segcli.ingest.words"
LANGUAGES = tuple(plugins.names(WORDS, ".yaml"))


@cache
def load(language: str) -> Mapping[str, Any]:
    """All that a language file says, as text."""
    file = resources.files(WORDS).joinpath(f"{language}.yaml")
    said: Mapping[str, Any] = yaml.strings(file.read_text(encoding="utf-8"))
    return said


@cache
def words(key: str) -> frozenset[str]:
    """The words that any language lists under a key."""
    return frozenset(word for language in LANGUAGES for word in load(language).get(key, ()))
