"""Languages in which results are told, one catalogue each: a YAML file in this folder.

The engine tells everything in English, in whole sentences. Where people read, a catalogue retells them; what programs
read (CSV, JSON, logs) stays as it is.
"""

from functools import cache
from importlib import resources

from segcli import plugins
from segcli.languages.language import Language

ENGLISH = "en"


def names() -> list[str]:
    """The languages there are, by their codes."""
    return plugins.names(__name__, ".yaml")


@cache
def load(code: str) -> Language:
    """The language of this code, which must be one of `names`."""
    from segcli.config import yaml

    text = resources.files(__name__).joinpath(f"{code}.yaml").read_text(encoding="utf-8")
    return Language.of(code, yaml.strings(text))
