"""How a result was made."""

from importlib.metadata import version

from segcli import __version__
from segcli.config.section import Section
from segcli.model import Customers, Provenance

LIBRARIES = ("numpy", "pandas", "pyarrow")


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
        versions={"segcli": __version__, **{name: version(name) for name in libraries}},
    )
