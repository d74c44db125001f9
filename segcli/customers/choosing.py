"""Which engine adds up a large export, and what is said where the one that was asked for cannot."""

from collections.abc import Iterator

from segcli.config.ingest import IngestSettings
from segcli.customers import engines
from segcli.customers.asked import Asked
from segcli.errors import UsageProblem
from segcli.files.memory import free
from segcli.files.parts import parts
from segcli.files.stream import text_size
from segcli.ingest.opening import Opened

PER_BYTE = 0.5  # of memory for a byte of text: ids and purchases, which pieces of a file add up to
SHARE = 0.5  # of free memory for the engine; the rest is for what it hands over
LEAST = 128 << 20  # bytes with which it still works


def chosen(settings: IngestSettings, main: Opened) -> IngestSettings:
    """The settings with the engine that is used, where it was left open.

    Pieces are added up by segcli itself (`pandas`), unless memory is surely too small for what they add up to.
    """
    if settings.engine != engines.AUTO:
        return settings
    there = free()
    needed = _text_size(main) * PER_BYTE
    if there is None or needed <= there or not engines.is_installed(engines.OUT_OF_CORE):
        return settings.model_copy(update={"engine": engines.PANDAS})
    memory = settings.memory or f"{max(int(there * SHARE), LEAST) >> 20}MB"
    return settings.model_copy(update={"engine": engines.OUT_OF_CORE, "memory": memory})


def _text_size(main: Opened) -> int:
    """Bytes of text in the files."""
    return sum(text_size(name) for name in parts(main.content.name))


def refuse_doubt(main: Opened, asked: Asked) -> None:
    """Say why the engine that was asked for cannot read a file; nothing where none was.

    Raises:
        UsageProblem: with the settings that it cannot follow, or that the lines are not as their first ones.
    """
    engine = asked.settings.engine
    if engine in {engines.PANDAS, engines.AUTO}:
        return
    names = ", ".join(_unable(main, asked))
    why = f"it cannot follow {names}" if names else "not all lines are written as the first ones say, or none is left"
    raise UsageProblem(f"--engine {engine} does not read {main.content.name}: {why}. --engine pandas can")


def _unable(main: Opened, asked: Asked) -> Iterator[str]:
    """The settings that need all lines at hand."""
    source, settings, privacy = main.source, asked.settings, asked.privacy
    needing = {
        "quality.columns": bool(asked.rules),
        "ingest.dedupe": settings.dedupe == "lines",
        "ingest.rejects": settings.rejects is not None,
        "privacy.suppression": privacy.suppression is not None,
        "privacy.retention without --as-of": privacy.retention_days is not None,
        "amount_per": source.amount_per == "order",
        "locale": source.locale is not None,
        "quote": source.quote != '"',
        "escape": source.escape is not None,
        "skip_footer": source.skip_footer > 0,
        "row_ids": source.row_ids,
        "encoding_errors": source.encoding_errors == "replace",
        f"encoding {main.dialect.encoding}": main.dialect.encoding.lower() not in {"utf-8", "utf8", "ascii"},
    }
    yield from (name for name, needed in needing.items() if needed)
