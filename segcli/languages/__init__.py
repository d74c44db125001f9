"""Languages in which results are told, one catalogue each: a YAML file in this folder.

The engine tells everything in English, in whole sentences. Where people read, a catalogue retells them; what programs
read (CSV, JSON, logs) stays as it is.
"""

from functools import cache
from importlib import resources

from segcli import plugins
from segcli.languages.language import Catalogue

ENGLISH_CODE = "en"


def language_codes() -> list[str]:
    """The languages there are, by their codes."""
    return plugins.list_plugins(__name__, ".yaml")


@cache
def load_language(code: str) -> Catalogue:
    """The language of this code, which must be one of `language_codes`."""
    from segcli.config import yaml

    text = resources.files(__name__).joinpath(f"{code}.yaml").read_text(encoding="utf-8")
    return Catalogue.from_mapping(code, yaml.load_text_values(text))
