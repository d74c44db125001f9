"""Languages of reports: one catalogue per language, a YAML file in this folder.

segcli computes results with English sentences. Output for people is translated with a catalogue; output for programs
(CSV, JSON, logs) stays in English.
"""

from functools import cache
from importlib import resources

from segcli import plugins
from segcli.i18n.catalogue import Catalogue

ENGLISH_CODE = "en"


def language_codes() -> list[str]:
    """List the codes of the available languages."""
    return plugins.list_plugins(__name__, ".yaml")


@cache
def load_language(code: str) -> Catalogue:
    """Load the catalogue of a language; the code must be in `language_codes`."""
    from segcli.config import yaml_loader

    text = resources.files(__name__).joinpath(f"{code}.yaml").read_text(encoding="utf-8")
    return Catalogue.from_mapping(code, yaml_loader.load_text_values(text))
