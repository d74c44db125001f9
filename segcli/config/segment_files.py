"""Segments in files of their own: replace each `rules: [{folder: FOLDER}]` by the segments of the folder's files."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from segcli.config.loader import Layer, PlaceFinder, describe_problems
from segcli.config.rules import SegmentFile
from segcli.config.yaml_loader import KeyPath, YamlDocument, parse_document
from segcli.errors import ConfigProblems

# A folder -> the paths and texts of its files, in the order of their paths
FolderReader = Callable[[str], Sequence[tuple[str, str]]]
_KEYS_IN_FILE = {"segment": "name", "when": "rule"}  # keys of a config that have another name in a file


@dataclass
class _Expansion:
    """The entries that replace those of a layer, and what each came from: an entry of the layer, or files."""

    entries: list[Any] = field(default_factory=list)
    origins: list[int | list[YamlDocument]] = field(default_factory=list)

    def add_file(self, document: YamlDocument, segment_file: SegmentFile) -> None:
        """Add the segment of a file to its exclusive group, or as a segmentation of its own."""
        given = segment_file.model_dump(exclude_unset=True, exclude={"name", "rule", "exclusive_group"})
        segment = {"segment": segment_file.name, "when": segment_file.rule, **given}
        group = segment_file.exclusive_group
        for entry, documents in zip(self.entries, self.origins, strict=True):
            if group is not None and isinstance(documents, list) and entry["name"] == group:
                entry["segments"].append(segment)
                documents.append(document)
                return
        self.entries.append({"name": group or name_column(document.name), "segments": [segment]})
        self.origins.append([document])


def name_column(path: str) -> str:
    """Return the column of the segment in a file.

    >>> name_column("segments/lapsing-toy buyers.yaml"), name_column("2026.yaml")
    ('lapsing_toy_buyers', '_2026')
    """
    name = re.sub(r"\W+", "_", Path(path).stem)
    return f"_{name}" if name[:1].isdigit() else name


def expand_segment_folders(layer: Layer, read_folder: FolderReader) -> Layer:
    """Return the layer with the segments of the files in place of each folder; places are those in the files.

    Args:
        layer: a layer whose paths are resolved.
        read_folder: returns the paths and texts of the YAML files in a folder.

    Raises:
        ConfigProblems: a folder cannot be read, or files are no segment definitions; lists all problems.
    """
    entries = layer.values.get("rules")
    if not isinstance(entries, list) or not any(_names_folder(entry) for entry in entries):
        return layer
    expansion, problems = _Expansion(), list[str]()
    for number, entry in enumerate(entries):
        if not _names_folder(entry):
            expansion.entries.append(entry)
            expansion.origins.append(number)
        elif len(entry) > 1:
            other_keys = ", ".join(key for key in entry if key != "folder")
            place = layer.find_place(("rules", number))
            problems.append(f"{place}: rules.{number}: folder stands alone; remove {other_keys}")
        else:
            problems += _read_folder(
                expansion, entry["folder"], read_folder, layer.find_place(("rules", number, "folder"))
            )
    if problems:
        raise ConfigProblems(problems)
    values = {**layer.values, "rules": expansion.entries}
    return replace(layer, values=values, find_place=_build_place_finder(layer.find_place, expansion.origins))


def _names_folder(entry: object) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("folder"), str)


def _read_folder(expansion: _Expansion, folder: str, read_folder: FolderReader, place: str) -> list[str]:
    """Add the segments of a folder, and return the problems; those of the folder itself begin with its place."""
    try:
        texts_by_path = read_folder(folder)
    except ConfigProblems as folder_problems:
        is_in_file = place.rpartition(":")[2].isdigit()  # a folder of the option --folder has no line
        return [f"{place}: {problem}" if is_in_file else problem for problem in folder_problems.message_lines]
    return _read_files(expansion, texts_by_path)


def _read_files(expansion: _Expansion, texts_by_path: Sequence[tuple[str, str]]) -> list[str]:
    problems: list[str] = []
    for path, text in texts_by_path:
        try:
            document = parse_document(text, path)
            expansion.add_file(document, _parse_segment_file(document))
        except ConfigProblems as file_problems:
            problems += file_problems.message_lines
    return problems


def _parse_segment_file(document: YamlDocument) -> SegmentFile:
    if not isinstance(document.values, dict):
        raise ConfigProblems([f"{document.find_place(())}: a segment must be `key: value` lines"])
    try:
        return SegmentFile.model_validate(document.values)
    except ValidationError as error:
        layer = Layer(document.values, document.find_place)
        layers_by_key: dict[KeyPath, Layer] = {(): layer, **{(key,): layer for key in document.values}}
        raise ConfigProblems(describe_problems(error, layers_by_key, SegmentFile)) from None


def _build_place_finder(find_layer_place: PlaceFinder, origins: Sequence[int | list[YamlDocument]]) -> PlaceFinder:
    """Return a function that finds the place of an expanded key in the layer or in the file of its segment."""

    def find_place(key: KeyPath, character: int = 0) -> str:
        number = key[1] if len(key) > 1 and key[0] == "rules" else None
        if not isinstance(number, int) or number >= len(origins):
            return find_layer_place(key, character)
        origin = origins[number]
        if isinstance(origin, int):
            return find_layer_place(("rules", origin, *key[2:]), character)
        _, position, *inner_key = key[2:] if key[2:3] == ("segments",) and key[3:] else ("segments", 0)
        keys_in_file = tuple(_KEYS_IN_FILE.get(str(part), part) for part in inner_key)
        return origin[int(position)].find_place(keys_in_file, character)

    return find_place
