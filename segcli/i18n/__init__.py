"""Languages of results: one gettext catalogue per language, a .po file in this folder with its compiled .mo file.

segcli makes each sentence of a result from a message (`segcli.message`): an English template and values. A catalogue
has the translations of the templates. Output for programs (CSV, JSON, logs) stays in English.
"""

import gettext
from functools import cache
from importlib import resources

from segcli.i18n.catalogue import Catalogue
from segcli.plugins import ENGLISH_CODE


@cache
def load_language(code: str) -> Catalogue:
    """Load the catalogue of a language; the code must be in `plugins.list_language_codes`."""
    if code == ENGLISH_CODE:
        return Catalogue(code, gettext.NullTranslations())
    with resources.files(__name__).joinpath(f"{code}.mo").open("rb") as compiled_file:
        return Catalogue(code, gettext.GNUTranslations(compiled_file))
