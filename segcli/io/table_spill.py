"""Serialise several Arrow tables into one buffer, and spill them to temporary files."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import pyarrow as pa
from pyarrow import ipc

from segcli.io.write import report_write_errors

TABLE_NAME_KEY = b"segcli:table"


def pack_tables(tables: Mapping[str, pa.Table]) -> pa.Buffer:
    """Serialise tables one after another, each with its name."""
    sink = pa.BufferOutputStream()
    for name, table in tables.items():
        metadata = {**(table.schema.metadata or {}), TABLE_NAME_KEY: name.encode()}
        with ipc.new_stream(sink, table.schema.with_metadata(metadata)) as writer:
            writer.write_table(table)
    return sink.getvalue()


def unpack_tables(packed_tables: pa.Buffer | bytes) -> dict[str, pa.Table]:
    """Invert `pack_tables`."""
    source = pa.BufferReader(packed_tables)
    tables = {}
    while source.tell() < source.size():
        table = ipc.open_stream(source).read_all()
        tables[table.schema.metadata[TABLE_NAME_KEY].decode()] = table
    return tables


class TableSpill:
    """Tables in temporary files, by owner and group, which are removed when the context ends."""

    def __enter__(self) -> Self:
        self._folder: Path | None = None
        self._files: dict[tuple[int, int], list[Path]] = {}
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def is_empty(self) -> bool:
        """Whether no tables are stored."""
        return not self._files

    def write_tables(self, owner: int, group: int, tables: Mapping[str, pa.Table]) -> None:
        """Write tables to a new file.

        Raises:
            EnvironmentProblem: if the disk is full, or the folder of temporary files is not writable.
        """
        with report_write_errors(tempfile.gettempdir()):
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="segcli-"))
            files = self._files.setdefault((owner, group), [])
            path = self._folder / f"{owner}-{group}-{len(files)}"
            with path.open("wb") as file:
                file.write(pack_tables(tables))
            files.append(path)

    def read_tables(self, group: int) -> Iterator[dict[str, pa.Table]]:
        """Read the tables of a group, of all owners, file by file, and remove the files."""
        for key in sorted(key for key in list(self._files) if key[1] == group):  # other threads may read other groups
            for path in self._files.pop(key):
                yield unpack_tables(path.read_bytes())
                path.unlink()

    def discard_tables(self, owner: int) -> None:
        """Remove the tables of an owner."""
        for key in [key for key in self._files if key[0] == owner]:
            for path in self._files.pop(key):
                path.unlink()
