"""What the language files say, one YAML file each in `words/`: column names, months, words of status and for nobody."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from segcli import plugins
from segcli.config import yaml

WORDS_PACKAGE = "segcli.ingest.words"
LANGUAGES = tuple(plugins.list_plugins(WORDS_PACKAGE, ".yaml"))


@cache
def load_language(language: str) -> Mapping[str, Any]:
    """All that a language file says, as text."""
    file = resources.files(WORDS_PACKAGE).joinpath(f"{language}.yaml")
    content: Mapping[str, Any] = yaml.load_text_values(file.read_text(encoding="utf-8"))
    return content


@cache
def word_list(list_key: str) -> frozenset[str]:
    """The words that any language lists under a key."""
    return frozenset(word for language in LANGUAGES for word in load_language(language).get(list_key, ()))
