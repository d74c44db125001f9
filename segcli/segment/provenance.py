"""How a result was made."""

import sys
from functools import cache

from segcli import __version__
from segcli.config.section import Section
from segcli.model import Customers, Provenance

DEFAULT_LIBRARIES = ("numpy", "pandas", "pyarrow")
MODULE_BY_LIBRARY = {"scikit-learn": "sklearn"}  # libraries that are imported by another name


def build_provenance(
    customers: Customers,
    method_name: str,
    settings: Section,
    seed: int | None,
    libraries: tuple[str, ...] = DEFAULT_LIBRARIES,
) -> Provenance:
    """Inputs, settings and versions behind a segmentation; `seed` only where chance was used."""
    return Provenance(
        method=method_name,
        settings={f"{method_name}.{key}": value for key, value in settings.dump_values().items()},
        inputs=tuple(reading.input for reading in customers.input_reports),
        as_of=customers.as_of,
        seed=seed,
        versions={"segcli": __version__, **{name: _library_version(name) for name in libraries}},
    )


@cache
def _library_version(library: str) -> str:
    """The version of a library; one that is imported need not be looked up in its metadata."""
    loaded_version = getattr(sys.modules.get(MODULE_BY_LIBRARY.get(library, library)), "__version__", None)
    if loaded_version is not None:
        return str(loaded_version)
    from importlib.metadata import version

    return version(library)
