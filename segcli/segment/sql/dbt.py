"""Definitions of segmentations as dbt models: SELECTs from other models, with a description and tests in YAML."""

from dataclasses import dataclass

from segcli import columns
from segcli.config.reference import dump_scalar
from segcli.segment.sql.definitions import SqlDefinition
from segcli.segment.sql.dialects import SqlDialect, find_dialect

ESCAPED_BRACE = "{{ '{' }}"  # dbt renders it as {, which would otherwise begin an expression


@dataclass(frozen=True)
class DbtDialect(SqlDialect):
    """A dialect whose tables are dbt models, and whose texts are safe in a template."""

    def quote_table(self, name: str) -> str:
        """Return a reference to a model; dbt knows its schema."""
        return f"{{{{ ref('{name.rpartition('.')[2]}') }}}}"


@dataclass(frozen=True)
class DbtModel:
    """A model: its SQL and its properties in YAML."""

    sql_text: str
    schema_text: str


def find_dbt_dialect(name: str) -> DbtDialect:
    """Return the dialect of this name for models.

    Raises:
        UsageProblem: segcli does not support the dialect.
    """
    dialect = find_dialect(name)
    escapes = {"{": ESCAPED_BRACE}
    values = vars(dialect) | {
        "name_escapes": {**dialect.name_escapes, **escapes},
        "text_escapes": {**dialect.text_escapes, **escapes},
    }
    return DbtDialect(**values)


def build_dbt_model(definition: SqlDefinition, model_name: str) -> DbtModel:
    """Return a model of this name, from a definition in a `DbtDialect`."""
    comments = "".join(f"-- {_escape_braces(line)}\n" for line in definition.comment_lines)
    description = _escape_braces(". ".join(definition.comment_lines))
    segments = [_escape_braces(segment) for segment in definition.segments]
    schema_lines = [
        "version: 2",
        "models:",
        f"  - name: {dump_scalar(model_name)}",
        f"    description: {dump_scalar(description)}",
        "    columns:",
        f"      - name: {columns.CUSTOMER_ID}",
        "        data_tests: [unique, not_null]",
        f"      - name: {dump_scalar(definition.column)}",
        "        data_tests:",
        f"          - accepted_values: {{values: {dump_scalar(segments)}}}",
    ]
    return DbtModel(comments + definition.select_statement + "\n", "\n".join(schema_lines) + "\n")


def _escape_braces(text: str) -> str:
    return text.replace("{", ESCAPED_BRACE)
