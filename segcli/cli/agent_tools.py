"""Answers for agents about the exports and results in a folder: figures of groups, never rows of customers.

Every answer is masked like a report for external readers. Texts from the data are masked too: identifiers of customers,
addresses and phone numbers.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import command_settings, inputs, segmenters, terminal
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import InputProblem, SegcliError, UsageProblem
from segcli.location import YAML_SUFFIXES
from segcli.reports import group_figures
from segcli.reports.group_figures import Figure

if TYPE_CHECKING:
    from segcli.config import LoadedSettings
    from segcli.model import Customers, Persona, Segmentation

MASK = "(withheld)"
MAX_FREE_DIGITS = 4  # longest number in a text that may be a count or a year, not an id
SMALL_GROUP_CODE = "segment_name"  # findings that quote rates of any group, however small
_QUOTED = re.compile(r"'([^']*)'")
_WORD = re.compile(r"[^\s'\",;:()=]+")
_QUIET = CommonOptions(quiet=True, dry_run=True)


@dataclass(frozen=True)
class Answer:
    """Figures and sentences, the command that reproduces them in the folder, and caveats.

    `as_of` is the day to which recency is counted, in ISO 8601; blank if unknown.
    """

    command: str
    figures: list[Figure] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    as_of: str = ""


@dataclass(frozen=True)
class _Source:
    """A file with its settings, its customers, and the text of a command on it."""

    loaded_config: "LoadedSettings"
    customers: "Customers"
    arguments: tuple[str, ...]

    def mask(self, texts: Iterable[str]) -> list[str]:
        """Return the texts without what identifies a customer."""
        return _mask_texts(texts, self.customers)


class AgentTools:
    """The tools for one folder. Files outside of it cannot be read, and nothing is written."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder).resolve()
        if not self._folder.is_dir():
            raise UsageProblem(f"{folder}: not a folder; hint: name the folder with your exports")
        self._sources: dict[tuple[object, ...], _Source] = {}

    def check(self, file: str = "", config: str = "") -> Answer:
        """Check an export or a config: lines kept and excluded by reason, and problems of the data.

        Args:
            file: export or result in the folder; blank lists the files of the folder.
            config: config (.yaml) in the folder.
        """
        if not file and not config:
            names = self._list_files()
            return Answer("ls", [Figure("files", len(names))], names)
        return self._run(lambda: self._check(file, config))

    def segments(self, file: str, by: str = "", config: str = "") -> Answer:
        """Return size, revenue and means of each segment.

        Args:
            file: export or result in the folder.
            by: segmentation: rfm, a column of the file, a segmentation of the config, or a built-in base such as
                lifecycle. Blank: the first segmentation of the file or the config, else rfm.
            config: config (.yaml) in the folder.
        """
        return self._run(lambda: self._describe_segments(file, by, config))

    def persona(self, file: str, segment: str = "", by: str = "", config: str = "") -> Answer:
        """Describe segments: what distinguishes them, scores, recommended actions and confidence.

        Args:
            file: export or result in the folder.
            segment: name of the segment; blank describes all.
            by: segmentation, as in `segments`.
            config: config (.yaml) in the folder.
        """
        return self._run(lambda: self._describe_personas(file, segment, by, config))

    def explain(self, topic: str = "") -> Answer:
        """Explain a reason, an exit code, a preset, a segment or a base.

        Args:
            topic: for example no_customer_id, At risk or lifecycle; blank lists all topics.
        """
        return self._run(lambda: _explain(topic))

    def compare(self, file: str, then: str = "", old: str = "", config: str = "") -> Answer:
        """Compare segments and drift between two days of an export, or between two results.

        Args:
            file: export, or the later result.
            then: earlier day, such as 2026-03-31, for an export.
            old: the earlier result, for a result.
            config: config (.yaml) in the folder.
        """
        return self._run(lambda: self._compare(file, then, old, config))

    def _run(self, answer: Callable[[], Answer]) -> Answer:
        """Return the answer; mask the message of an expected failure, and hide that of any other."""
        terminal.withhold_identities(is_withheld=True)
        try:
            return self._shorten_paths(answer())
        except SegcliError as error:
            values = error.values if isinstance(error, InputProblem) else ()
            lines = [terminal.mask_message(line, values) for line in error.message_lines]
            raise UsageProblem(" ".join(line.replace(f"{self._folder}/", "") for line in lines)) from None
        except Exception as error:  # noqa: BLE001 - its message may quote data
            raise UsageProblem(f"internal error ({type(error).__name__}); hint: run the command in a shell") from None

    def _shorten_paths(self, answer: Answer) -> Answer:
        """Return the answer with paths relative to the folder."""
        prefix = f"{self._folder}/"
        sentences, caveats = (
            [text.replace(prefix, "") for text in texts] for texts in (answer.sentences, answer.caveats)
        )
        return replace(answer, sentences=sentences, caveats=caveats)

    def _list_files(self) -> list[str]:
        from segcli.io.export_names import is_export_name

        names = sorted(path.relative_to(self._folder) for path in self._folder.rglob("*") if path.is_file())
        return [str(name) for name in names if is_export_name(name) or name.suffix in YAML_SUFFIXES]

    def _locate(self, name: str) -> str:
        """Return the path of a file, relative to the folder if it is the working folder.

        Raises:
            UsageProblem: the file is not in the folder.
        """
        from segcli.location import change_file, locate_file

        path = (self._folder / locate_file(name)).resolve()
        if not path.is_relative_to(self._folder):
            raise UsageProblem(f"{name}: not in the folder; hint: check without a file lists the files")
        return change_file(name, str(path))

    def _load(self, file: str, config: str, by: str = "") -> _Source:
        """Return the source; a file that has not changed is read once."""
        paths = [self._locate(name) for name in (file, config) if name]
        key = (file, config, by, *map(_identify_version, paths))
        if key not in self._sources:
            self._sources.clear()  # the customers of one file at a time are in memory
            self._sources[key] = self._read(file, config, by)
        return self._sources[key]

    def _read(self, file: str, config: str, by: str) -> _Source:
        loaded = self._load_settings(file, config)
        customers = inputs.read_customers(loaded, _QUIET, Console(_QUIET))
        base = by if _is_base(by, customers, loaded) else ""
        if base:
            loaded = self._load_settings(file, config, base)
        return _Source(loaded, customers, _list_arguments(loaded, file, config, base))

    def _load_settings(self, file: str, config: str, base: str = "") -> "LoadedSettings":
        """Return the settings of a config for external readers: small groups are masked at least as by default."""
        from segcli.config import build_dotted_layer, load_settings
        from segcli.config.privacy import PrivacySettings

        layers = [command_settings.load_file_layer(self._locate(config))] if config else []
        declared = load_settings(layers).settings.privacy.minimum_cell_external
        smallest = max(declared, PrivacySettings().minimum_cell_external)
        values: list[tuple[str, Any]] = [
            ("privacy.audience", "external"),
            ("privacy.minimum_cell_external", smallest),
            ("report.sections", ["segments"]),
            ("ingest.rejects", None),
        ]
        values += [(inputs.ORDERS_PATH_KEY, self._locate(file))] if file else []
        values += [("rules", [{"base": base}])] if base else []
        return load_settings([*layers, build_dotted_layer(values, "argument")])

    def _check(self, file: str, config: str) -> Answer:
        from segcli.cli.check import find_problems

        findings, customers, failure = find_problems(self._load_settings(file, config), _QUIET, Console(_QUIET))
        if failure:
            raise failure
        sentences = [
            f"{finding.severity} {finding.code}: {finding.where}: {finding.what}"
            for finding in findings
            if finding.code != SMALL_GROUP_CODE
        ]
        command = f"segcli check {shlex.join([config or file])} -f json"
        if customers is None:
            return Answer(command, [], sentences)
        masked = _mask_texts(sentences, customers)
        return Answer(command, list(group_figures.count_lines(customers)), masked, [], _format_day(customers))

    def _describe_segments(self, file: str, by: str, config: str) -> Answer:
        source = self._load(file, config, by)
        segmentation, _ = _collect_visible(source, by)
        figures = list(group_figures.measure_segments(segmentation))
        return _build_answer(source, segmentation, figures, [], "segments")

    def _describe_personas(self, file: str, segment: str, by: str, config: str) -> Answer:
        source = self._load(file, config, by)
        segmentation, personas = _collect_visible(source, by)
        chosen = [persona for persona in personas if segment.casefold() in ("", persona.segment.casefold())]
        if not chosen:
            names = ", ".join(persona.segment for persona in personas)
            raise UsageProblem(f"no segment '{segment}'; available: {names}")
        figures = [
            figure for persona in chosen for figure in group_figures.measure_persona(persona, segmentation.column)
        ]
        sentences = [sentence for persona in chosen for sentence in group_figures.summarise_persona(persona)]
        return _build_answer(source, segmentation, figures, sentences, "personas")

    def _compare(self, file: str, then: str, old: str, config: str) -> Answer:
        from segcli.cli import compare
        from segcli.evaluation.compare import compare_segmentations

        if bool(then) == bool(old):
            raise UsageProblem("compare needs either then, the earlier day of an export, or old, an earlier result")
        source = self._load(file, config)
        command_input = inputs.CommandInput(source.loaded_config, source.customers)
        earlier, later = (
            compare.segment_both_days(command_input, then)
            if then
            else compare.load_both_segmentations(self._locate(old), command_input, Console(_QUIET))
        )
        comparison = compare_segmentations(earlier, later, source.loaded_config.settings.compare)
        smallest = source.loaded_config.settings.privacy.smallest_group
        figures = [
            figure
            for pair in _pair_by_column(earlier, later)
            for figure in group_figures.compare_shares(*pair, smallest)
        ]
        drifts = (*comparison.share_drifts, *comparison.feature_drifts)
        figures += [
            Figure(f"drift/{drift.column}/psi", round(drift.psi, group_figures.SHARE_DIGITS)) for drift in drifts
        ]
        drifted = f"Drift beyond chance: {', '.join(comparison.drifted_columns) or 'none'}."
        names = [*([old] if old else []), file, *(["--then", then] if then else [])]
        settings = [part for part in source.arguments if part != file]
        command = f"segcli compare {shlex.join([*names, *settings])} -f json"
        caveats = [f"Segments with fewer than {smallest} customers on one of the days are withheld."]
        return Answer(command, figures, source.mask([drifted]), caveats, _format_day(source.customers))


def _is_base(by: str, customers: "Customers", loaded: "LoadedSettings") -> bool:
    """Return whether a name is that of a built-in base, not of a column or of a segmentation of the config."""
    from segcli.segment.bases import list_bases

    declared = {rule.name or rule.base for rule in loaded.settings.rules}
    return by in list_bases() and by not in declared and by not in customers.table


def _list_arguments(loaded: "LoadedSettings", file: str, config: str, base: str) -> tuple[str, ...]:
    """Return the arguments with which a command gives the same figures."""
    smallest = f"privacy.minimum_cell_external={loaded.settings.privacy.minimum_cell_external}"
    files = (*([file] if file else []), *(["-c", config] if config else []))
    rules = ("--set", f"rules=[{{base: {base}}}]") if base else ()
    return (*files, *rules, "--set", "privacy.audience=external", "--set", smallest)


def _identify_version(path: str) -> tuple[int, int] | None:
    from segcli.location import locate_file

    file = locate_file(path)
    return (file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else None


def _collect_visible(source: _Source, by: str) -> "tuple[Segmentation, list[Persona]]":
    """Return a segmentation and its personas as an external reader may see them."""
    from segcli.persona.analysis import Analysis, find_segmentation
    from segcli.reports.findings import collect_findings

    settings = source.loaded_config.settings
    if by in source.customers.table:
        settings = settings.model_copy(update={"persona": settings.persona.model_copy(update={"of": [by]})})
    loaded = replace(source.loaded_config, settings=settings)
    findings = collect_findings(
        source.customers, Analysis(segmenters.read_segmentations(source.customers, loaded), settings)
    )
    segmentation = find_segmentation(findings.segmentations, by or None, "by")
    return segmentation, list(findings.personas.get(segmentation.column, ()))


def _build_answer(
    source: _Source, segmentation: "Segmentation", figures: list[Figure], sentences: list[str], section: str
) -> Answer:
    smallest = source.loaded_config.settings.privacy.smallest_group
    caveats = [
        f"Groups with fewer than {smallest} customers are merged or withheld.",
        "Intervals are 95 % confidence intervals that treat the customers as a sample.",
        *(check.what for check in source.customers.quality_checks if not check.passed or check.severity == "note"),
        *segmentation.warnings,
    ]
    command = f"segcli report {shlex.join([*source.arguments, '--sections', section])} -f json"
    return Answer(
        command, figures, source.mask(sentences), source.mask(dict.fromkeys(caveats)), _format_day(source.customers)
    )


def _pair_by_column(
    earlier: "Sequence[Segmentation]", later: "Sequence[Segmentation]"
) -> "Iterator[tuple[Segmentation, Segmentation]]":
    by_column = {segmentation.column: segmentation for segmentation in later}
    return ((old, by_column[old.column]) for old in earlier if old.column in by_column)


def _explain(topic: str) -> Answer:
    from segcli.cli import explain

    topics = list(explain.list_topics()) if not topic else explain.find_topics(topic)
    if not topics:
        raise UsageProblem(f"unknown topic '{topic}'; hint: explain without a topic lists all")
    if not topic:
        return Answer("segcli explain", [], [f"{one.kind} {one.name}: {one.summary}" for one in topics])
    return Answer(f"segcli explain {shlex.quote(topic)}", [], [line for one in topics for line in one.explain_lines()])


def _format_day(customers: "Customers") -> str:
    return "" if customers.as_of is None else customers.as_of.isoformat()


def _list_identities(customers: "Customers") -> frozenset[str]:
    """Return all texts that identify a customer of the table, in lower case."""
    from segcli import columns
    from segcli.ingest.pii import find_pii_columns

    tables = [customers.table[[columns.CUSTOMER_ID, *(name for name, _ in find_pii_columns(customers.table))]]]
    tables += [customers.contacts] if customers.contacts is not None else []
    values = [table[name].dropna().astype("str").str.casefold() for table in tables for name in table]
    return frozenset[str]().union(*(set(column) for column in values)) - {""}


def _mask_texts(texts: Iterable[str], customers: "Customers") -> list[str]:
    identities = _list_identities(customers)
    return [_mask_text(str(text), identities) for text in texts]


def _mask_text(text: str, identities: frozenset[str]) -> str:
    """Mask identities in quotes, and those outside of quotes that cannot be counts or years."""
    text = _QUOTED.sub(lambda match: f"'{MASK}'" if match[1].casefold() in identities else match[0], text)

    def mask_word(match: re.Match[str]) -> str:
        word = match[0].rstrip(".?!").casefold()
        is_count = word.isdecimal() and len(word) <= MAX_FREE_DIGITS
        return MASK if word in identities and not is_count else match[0]

    return terminal.mask_message(_WORD.sub(mask_word, text))
