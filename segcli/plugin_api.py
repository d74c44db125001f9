"""Names for plug-ins of other packages: bases, clustering methods, destinations and presets.

They follow semantic versioning, unlike the modules that define them. See docs/extending.md.
"""

from segcli import columns
from segcli.config.section import Section
from segcli.errors import ConfigProblems, ExportProblem, InputProblem
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import ReachablePeople, select_reachable
from segcli.message import count_message, message
from segcli.model import Customers
from segcli.segment.bases import (
    UNKNOWN,
    BaseResult,
    append_unknown,
    assign_bands,
    read_optional,
    require_column,
    to_floats,
)
from segcli.segment.lookup_table import LookupTable
from segcli.segment.methods import (
    ClusterFit,
    Labels,
    Matrix,
    centre_margins,
    distance_margins,
    fit_from_labels,
    nearest_centres,
    probability_margins,
)

__all__ = [
    "UNKNOWN",
    "Audience",
    "BaseResult",
    "ClusterFit",
    "ConfigProblems",
    "Customers",
    "DestinationFile",
    "ExportProblem",
    "FileLimits",
    "InputProblem",
    "Labels",
    "LookupTable",
    "Matrix",
    "ReachablePeople",
    "Section",
    "append_unknown",
    "assign_bands",
    "centre_margins",
    "columns",
    "count_message",
    "distance_margins",
    "fit_from_labels",
    "message",
    "nearest_centres",
    "probability_margins",
    "read_optional",
    "require_column",
    "select_reachable",
    "to_floats",
]
