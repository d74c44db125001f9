"""Names of files that hold exports."""

from pathlib import PurePath

EXPORT_SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather"),
    *(".ndjson", ".jsonl", ".xlsx", ".xls", ".ods", ".zip"),
)
PACKED_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
HIDDEN_PREFIXES = ("_", ".")  # of files and folders that programs add next to exports, such as _SUCCESS and __MACOSX


def is_export_name(path: PurePath) -> bool:
    """Return whether a file in a folder or an archive is an export, by its name."""
    bare_name = next(
        (path.name.removesuffix(suffix) for suffix in PACKED_SUFFIXES if path.name.endswith(suffix)), path.name
    )
    return not any(part.startswith(HIDDEN_PREFIXES) for part in path.parts) and bare_name.lower().endswith(
        EXPORT_SUFFIXES
    )
