"""How a result was made."""

import sys
from functools import cache

from segcli import __version__
from segcli.config.section import Section
from segcli.model import Customers, Provenance

LIBRARIES = ("numpy", "pandas", "pyarrow")
MODULES = {"scikit-learn": "sklearn"}  # libraries that are imported by another name


def provenance(
    customers: Customers,
    method: str,
    settings: Section,
    seed: int | None,
    libraries: tuple[str, ...] = LIBRARIES,
) -> Provenance:
    """Inputs, settings and versions behind a segmentation; `seed` only where chance was used."""
    return Provenance(
        method=method,
        settings={f"{method}.{key}": value for key, value in settings.effective().items()},
        inputs=tuple(reading.input for reading in customers.readings),
        as_of=customers.as_of,
        seed=seed,
        versions={"segcli": __version__, **{name: _version(name) for name in libraries}},
    )


@cache
def _version(library: str) -> str:
    """The version of a library; one that is imported need not be looked up in its metadata."""
    imported = getattr(sys.modules.get(MODULES.get(library, library)), "__version__", None)
    if imported is not None:
        return str(imported)
    from importlib.metadata import version

    return version(library)
