"""segcli run: everything a configuration declares, into one folder."""

import contextlib
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from segcli.cli import answering, discovered, exporting, gates, keys, segmenting, source, streams
from segcli.cli.options import Asked
from segcli.cli.progress import step
from segcli.cli.settings import resolve
from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.config import Loaded
    from segcli.model import Customers, Segmentation

# What a run may write; run.json comes last.
OUTPUTS = (*answering.OUTPUTS, "run.json")

EXPORTS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".xlsx", ".parquet")  # suffixes that no settings file has

File = Annotated[str, Argument(help="Config: a YAML file of settings.", metavar="CONFIG")]


State = Annotated[
    str | None,
    Option(
        help="Folder that keeps what was read of order exports, so that the next run reads new files only.",
        metavar="DIR",
    ),
]


def command(file: File, state: State = None, *, asked: Asked) -> None:
    """Run all that a config declares, into one folder.

    Results, report and run.json, which says how they came about, go into its output folder; nothing else is written.
    """
    started = time.monotonic()
    _refuse_export(file)
    if asked.config is not None:
        raise UsageProblem(f"--config {asked.config}: run reads one config, {file}; leave --config out")
    asked = replace(asked, config=file)
    if asked.layout not in (None, "table", "md"):
        raise UsageProblem(
            f"--format {asked.layout}: run shows its tables as table or md; its files have their own formats"
            "; leave it out"
        )
    with Talk(asked) as talk:
        loaded = resolve(asked, {"ingest.state": state})
        discovered.announce(loaded, talk)
        folder = asked.output or loaded.settings.output or str(Path("runs") / Path(file).stem)
        rejects = [path for path in (loaded.settings.ingest.rejects,) if path]
        segmenting.prepare(loaded)
        exporting.check(loaded.settings)
        keys.refuse_inside(loaded.settings, folder)
        outputs = [*OUTPUTS, *exporting.file_names(loaded.settings)]
        with _held(folder, outputs, source.inputs(loaded.settings, asked), rejects, dry=asked.dry_run) as made:
            customers = source.read_loaded(loaded, asked, talk, contacts=_needs_contacts(loaded))
            with step("finding segments" if loaded.declares("cluster") else "segmenting", asked):
                segmentations = segmenting.declared(customers, loaded)
            from segcli.persona.decide import Decisions

            ways, decisions = segmenting.ways(customers, loaded, talk), Decisions(segmentations, loaded.settings)
            with step("describing segments", asked):
                texts = answering.described(decisions, loaded, ways, talk)
            with step("expecting, watching, deciding", asked):
                texts |= answering.answers(customers, loaded, ways, talk)
                texts |= answering.decisions(decisions, loaded, talk)
            with step("exporting", asked):
                texts |= exporting.texts(decisions, loaded, talk, dry=asked.dry_run)
            if made is None:
                talk.say("would", f"write {', '.join(texts)} and run.json to {folder}")
            else:
                _save(made, texts, _facts(file, loaded, customers, segmentations, started), talk)
        _warn(segmentations, talk)
        _show(segmentations, asked, talk)
        if made is not None and answering.PAGE in texts:
            talk.say(streams.NEXT, f"open {made / answering.PAGE} in a browser")
        gates.check(customers, loaded.settings)
        gates.fair(decisions)


def _refuse_export(file: str) -> None:
    """An export in place of the settings: say how to get settings for it."""
    if file.lower().endswith(EXPORTS):
        settings = shlex.quote(f"{Path(file).name.split('.')[0]}.yaml")
        raise UsageProblem(
            f"{file}: run takes settings, and this is named like an export"
            f"; write settings for it: segcli init {shlex.quote(file)} -o {settings}, then segcli run {settings}"
        )


@contextlib.contextmanager
def _held(
    folder: str, outputs: Sequence[str], inputs: Sequence[str], rejects: Sequence[str], *, dry: bool
) -> "Iterator[Path | None]":
    """The output folder, made, locked and swept before the long work; nothing in it may be an input."""
    if dry:
        yield None
        return
    from segcli.files import lock, write

    made = write.folder(folder)
    with lock.held(made):
        write.sweep(made)
        write.refuse_links(made, outputs)
        write.check_distinct([*rejects, *(str(made / name) for name in outputs)])
        for name in outputs:
            write.check(str(made / name), inputs)
        yield made


def _needs_contacts(loaded: "Loaded") -> bool:
    """Whether anything that is declared asks how people are reached."""
    return any(map(loaded.declares, ("export", "target", "plan", "persona")))


def _facts(
    file: str, loaded: "Loaded", customers: "Customers", segmentations: "list[Segmentation]", started: float
) -> Mapping[str, object]:
    """What run.json says besides the outputs."""
    from segcli.files.read import read
    from segcli.reports.envelope import reading
    from segcli.reports.formats.json import plain

    last = segmentations[-1]
    facts = {
        "command": ["segcli", *keys.command_line(loaded.settings, sys.argv[1:])],
        "config": {"path": file, "sha256": read(file).sha256},
        "settings": keys.without_ids(loaded.settings),
        "as_of": last.customers.as_of,
        "seed": loaded.settings.seed,
        "inputs": [*(reading(r) for r in last.customers.readings), *_looked_up(segmentations)],
        "versions": {name: v for one in segmentations for name, v in one.provenance.versions.items()},
        "warnings": [w for one in segmentations for w in one.warnings],
        "gates": gates.facts(customers, loaded.settings),
        "privacy": keys.facts(loaded.settings),
        "seconds": round(time.monotonic() - started, 3),
    }
    plain_facts: Mapping[str, object] = _mask_facts(plain(facts))
    return plain_facts


def _mask_facts(value: Any) -> Any:  # noqa: ANN401 - JSON is data of any shape
    """The facts without texts that identify somebody, where the settings forbid them."""
    if isinstance(value, dict):
        return {name: _mask_facts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mask_facts(inner) for inner in value]
    return streams.mask_message(value) if isinstance(value, str) else value


def _looked_up(segmentations: "list[Segmentation]") -> list[dict[str, object]]:
    """The tables that bases looked things up in, each once."""
    read = {r.input for one in segmentations for r in one.customers.readings}
    used = {one_input: None for one in segmentations for one_input in one.provenance.inputs}
    return [one.facts() for one in used if one not in read]


def _save(made: Path, texts: Mapping[str, str], facts: Mapping[str, object], talk: Talk) -> None:
    from segcli.files import manifest

    earlier = [name for name in manifest.names(made) if name not in texts and (made / name).exists()]
    manifest.save(made, texts, facts)
    for name in [*texts, manifest.NAME]:
        talk.say("wrote", str(made / name), path=str(made / name))
    if earlier:
        talk.say("note", f"in {made}, from an earlier run and no longer written: {', '.join(earlier)}")


def _warn(segmentations: "list[Segmentation]", talk: Talk) -> None:
    """What segmentations noticed, beside what was said of the customers already, each once."""
    noticed = [warning for one in segmentations for warning in one.warnings[len(one.customers.warnings) :]]
    for warning in dict.fromkeys(noticed):
        talk.say("warning", warning)


def _show(segmentations: "list[Segmentation]", asked: Asked, talk: Talk) -> None:
    """The segment tables, on stdout."""
    from segcli.cli.show import display
    from segcli.reports.blocks import Block, Heading
    from segcli.reports.result import Result
    from segcli.reports.results import of_segmentation

    blocks: list[Block] = []
    for one in segmentations:
        blocks += [Heading(one.column), *of_segmentation("run", one).blocks]
    shown = Result(segmentations[-1].profile, dict, tuple(blocks), document=True)
    display(shown, asked.layout or "table", asked, talk)
