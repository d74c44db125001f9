"""Render the config that `init` writes: recognised inputs, and every option with its default and meaning."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from segcli.columns import LAST_ORDER, ORDER_DATE, ORDERS, RECENCY_DAYS
from segcli.config.reference import dump_scalar, find_nested_section
from segcli.config.section import find_section_models
from segcli.config.settings import Settings

FILE_HEADER = """\
# yaml-language-server: $schema=segcli.schema.json
# (to create the schema for your editor: segcli config schema > segcli.schema.json)
# Settings for `segcli run`. Commented lines show defaults. Remove the # to change a value.

version: 1
"""
RULES_EXAMPLE = """\
# Segmentations by built-in bases or by custom rules. docs/bases.md lists the bases.
# rules: [{base: lifecycle}, {base: usage}, {name: tier, segments: [{segment: Gold, when: orders >= 8}]}]
"""
EXPORT_EXAMPLE = """\
# Audience files for other systems. docs/decisions.md lists the destinations.
# export: [{to: klaviyo, of: rfm}, {to: google-ads, of: target, holdout: 10%}]
"""
MAX_SETTING_WIDTH = 60  # characters; comments are aligned after settings up to this width
ORDER_REPORT_SECTIONS = (
    "summary",
    "segments",
    "trends",
    "migration",
    "backtest",
    "personas",
    "quality",
    "settings",
    "provenance",
)
ACTIVE_SECTIONS = ("quality", "rfm", "cluster", "scorecard", "persona", "report")
INACTIVE_SECTIONS = (
    "privacy",
    "fairness",
    "drivers",
    "clv",
    "churn",
    "cohort",
    "backtest",
    "compare",
    "target",
    "plan",
)  # written as comments until the user sets them
SOURCE_KINDS = ("transactions", "customers", "responses", "contacts")

TOP_LEVEL_KEYS = ("as_of", "language", "seed", "output")
RECOGNISED_KEYS = ("path", "preset", "row_ids", "columns")  # keys of a source that recognition fills in

ConfigLine = tuple[str, str]  # a setting, and the comment after it
SettingValues = Mapping[str, Any]  # settings by name, nested as in a config
NO_VALUES: SettingValues = MappingProxyType({})


@dataclass(frozen=True)
class SourceDescription:
    """Recognised source: columns (standard column -> name in the file), match reasons, and a note on unmapped columns.

    `has_row_ids` is true if no column identifies customers, so that each row is one customer; `is_orders` is true for
    order exports and false for customer tables. `is_scorable` is false if RFM cannot score the customers, although it
    knows the columns.
    """

    path: str
    columns: Mapping[str, str]
    match_reasons: Mapping[str, str]
    unmapped_note: str
    preset: str = ""
    has_row_ids: bool = False
    is_orders: bool = False
    is_scorable: bool = True


def render_starter_config(
    sources: Mapping[str, SourceDescription], name: str = "segments", user_settings: SettingValues = NO_VALUES
) -> str:
    """Render a commented settings file that runs without changes.

    Args:
        sources: the recognised files, by kind.
        name: name of the output folder.
        user_settings: settings given by the user, nested as in a config, with paths as the file needs them; all of them
            are written as active settings.

    Returns:
        The text of the config.
    """
    ingest = user_settings.get("ingest") or NO_VALUES
    blocks = [_align_comments(_top_level_lines({"output": f"runs/{name}", **user_settings})), "ingest:\n"]
    for kind in SOURCE_KINDS:
        if kind in sources:
            blocks[-1] += _render_source(kind, sources[kind], ingest.get(kind) or NO_VALUES)
        elif kind in ingest:
            blocks[-1] += "".join(_render_lines({kind: ingest[kind]}, "  "))
    blocks[-1] += _align_comments(_option_lines(_model_of_section("ingest"), "  ", ingest, skip=SOURCE_KINDS))
    main_source = sources["transactions"]
    is_scorable = main_source.is_scorable and has_rfm_columns(main_source.columns)
    if main_source.is_orders:
        report_settings = {"sections": list(ORDER_REPORT_SECTIONS), **(user_settings.get("report") or NO_VALUES)}
        user_settings = {**user_settings, "report": report_settings}
    for section in ACTIVE_SECTIONS:
        is_active = is_scorable or section != "rfm"  # scores need orders
        blocks += [_render_list_section("rules", user_settings, RULES_EXAMPLE)] * (section == "cluster")
        blocks.append(_render_section(section, user_settings.get(section) or NO_VALUES, is_active=is_active))
    blocks += [_render_section(section, user_settings.get(section) or NO_VALUES) for section in INACTIVE_SECTIONS]
    return FILE_HEADER + "\n".join([*blocks, _render_list_section("export", user_settings, EXPORT_EXAMPLE)])


def has_rfm_columns(columns: Mapping[str, str]) -> bool:
    """Return whether the columns suffice for RFM scores: order dates, or the order count and the last order."""
    return ORDER_DATE in columns or (ORDERS in columns and not {RECENCY_DAYS, LAST_ORDER}.isdisjoint(columns))


def _top_level_lines(user_settings: SettingValues) -> Iterator[ConfigLine]:
    """Yield the settings that belong to no section."""
    for name in TOP_LEVEL_KEYS:
        field = Settings.model_fields[name]
        example = "2026-06-30" if name == "as_of" else dump_scalar(field.default)
        text = f"{name}: {dump_scalar(user_settings[name])}" if name in user_settings else f"# {name}: {example}"
        yield text, field.description or ""


def _render_source(name: str, description: SourceDescription, user_settings: SettingValues) -> str:
    """Render a source: the recognised keys and the user's other settings."""
    mapped_columns = {**description.columns, **(user_settings.get("columns") or NO_VALUES)}
    column_lines = [
        (f"      {column_key}: {dump_scalar(file_column)}", description.match_reasons.get(column_key, ""))
        for column_key, file_column in mapped_columns.items()
    ]
    unmapped_comment = f"    # {description.unmapped_note}\n" if description.unmapped_note else ""
    preset = f"    preset: {dump_scalar(description.preset)}\n" if description.preset else ""
    columns_text = f"    columns:\n{_align_comments(column_lines)}" if column_lines else "    columns: {}\n"
    other_settings = "".join(
        _render_lines({key: value for key, value in user_settings.items() if key not in RECOGNISED_KEYS}, "    ")
    )
    return (
        f"  {name}:\n    path: {dump_scalar(description.path)}\n{preset}"
        f"{_render_row_ids(description)}{other_settings}{columns_text}{unmapped_comment}"
    )


def _render_row_ids(description: SourceDescription) -> str:
    """Render `row_ids: true` for a file without a customer id column."""
    hint = "each row is a customer; if a column identifies customers, set columns: {customer_id: NAME} instead"
    return f"    row_ids: true  # {hint}\n" if description.has_row_ids else ""


def _render_section(section: str, user_settings: SettingValues, *, is_active: bool = False) -> str:
    """Render a section: active if `is_active` or if the user set any of its keys, otherwise as a comment.

    An active section must contain a value, so its first plain option is active if the user set none.
    """
    meaning = Settings.model_fields[section].description
    if not (is_active or user_settings):
        return f"# {meaning}\n# {section}:\n{_align_comments(_option_lines(_model_of_section(section), '#   '))}"
    lines = list(_option_lines(_model_of_section(section), "  ", user_settings))
    if not user_settings:
        first_option = next(index for index, (setting, _) in enumerate(lines) if not setting.endswith(":"))
        lines[first_option] = (lines[first_option][0].replace("# ", "", 1), lines[first_option][1])
    return f"{section}:  # {meaning}\n{_align_comments(lines)}"


def _render_list_section(section: str, user_settings: SettingValues, example: str) -> str:
    """Render a section that is a list: the user's list, or an example in comments."""
    return "".join(_render_lines({section: user_settings[section]}, "")) if user_settings.get(section) else example


def _render_lines(settings_tree: SettingValues, indent: str) -> Iterator[str]:
    """Yield settings as lines of YAML, without comments."""
    for name, value in settings_tree.items():
        yield f"{indent}{dump_scalar(name)}: {dump_scalar(value)}\n"


def _option_lines(
    model: type[BaseModel], indent: str, user_settings: SettingValues = NO_VALUES, skip: Sequence[str] = ()
) -> Iterator[ConfigLine]:
    """Yield every option of a section: with the user's value, or as a comment with its default and meaning."""
    hash_mark = "" if "#" in indent else "# "
    for name, field in model.model_fields.items():
        section = find_nested_section(field)
        if name in skip:
            continue
        if section is not None and user_settings.get(name):
            yield f"{indent}{name}:", ""
            yield from _option_lines(section, f"{indent}  ", user_settings[name])
        elif section is not None:
            yield f"{indent}{hash_mark}{name}:", ""
            yield from _option_lines(section, f"{indent}{hash_mark}  ")
        elif name in user_settings:
            yield f"{indent}{name}: {dump_scalar(user_settings[name])}", field.description or ""
        else:
            default = field.get_default(call_default_factory=True)
            yield f"{indent}{hash_mark}{name}: {dump_scalar(default)}", field.description or ""


def _align_comments(lines: Iterable[ConfigLine]) -> str:
    """Join settings and comments into lines with the comments aligned."""
    lines = list(lines)
    width = max((len(setting) for setting, _ in lines if len(setting) <= MAX_SETTING_WIDTH), default=0)
    return "".join(f"{setting:<{width}}  # {comment}".rstrip(" #") + "\n" for setting, comment in lines)


def _model_of_section(section: str) -> type[BaseModel]:
    return find_section_models(Settings.model_fields[section].annotation)[0]
