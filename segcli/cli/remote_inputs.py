"""Fetch the inputs at addresses such as https://example.com/orders.csv, if the user allows it."""

from typing import TYPE_CHECKING

from segcli.cli.terminal import Console
from segcli.errors import ConfigProblems
from segcli.location import is_named_address, list_copies, split_location
from segcli.message import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.config import LoadedSettings
    from segcli.config.yaml_loader import KeyPath

ALLOW_KEY = ("ingest", "allow_remote")


def fetch_inputs(loaded_config: "LoadedSettings", console: Console) -> None:
    """Copy each input at an address to a temporary file, once.

    Raises:
        ConfigProblems: the user has not allowed it, or a setting that is no input has an address.
        InputProblem: an address cannot be read.
    """
    addresses = list(_find_addresses(loaded_config.settings.dump_values()))
    if problems := [problem for key, name in addresses if (problem := _find_problem(loaded_config, key, name))]:
        raise ConfigProblems(problems)
    names = {split_location(name)[1] for _, name in addresses}
    for name in sorted(names.difference(list_copies())):
        from segcli.io import remote

        size = remote.fetch_file(name)
        text = message("fetched {address} ({size:,} bytes)", address=name, size=size)
        console.log("note", text, is_important=True)


def _find_addresses(values: object, key: "KeyPath" = ()) -> "Iterator[tuple[KeyPath, str]]":
    """Yield the settings that are an address; the loader has given it a name without secrets."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from _find_addresses(value, (*key, name))
    elif isinstance(values, list):
        for number, value in enumerate(values):
            yield from _find_addresses(value, (*key, number))
    elif isinstance(values, str) and is_named_address(values):
        yield key, values


def _find_problem(loaded_config: "LoadedSettings", key: "KeyPath", name: str) -> str:
    place = f"{loaded_config.find_place(key)}: {'.'.join(map(str, key))}: {name}"
    if key[0] != "ingest" or key[-1] != "path":
        return f"{place}: only inputs can be at an address; hint: name a path on this computer"
    if not loaded_config.settings.ingest.allow_remote:
        return f"{place}: segcli opens no connection unless you allow it; hint: add --set ingest.allow_remote=true"
    layers = [loaded_config.layers_by_key.get(setting) for setting in (key, ALLOW_KEY)]
    if all(layer is None or layer.is_trusted for layer in layers):
        return ""
    return (
        f"{place}: an auto-detected config must not open a connection. "
        f"If you trust the config, pass it: --config {loaded_config.discovered_path}"
    )
