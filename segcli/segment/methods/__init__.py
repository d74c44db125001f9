"""Clustering methods, one per file, named as the user names them.

A method fits k groups to a matrix and says where each centre lies; numbering and names are given elsewhere.
"""

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from segcli import plugins
from segcli.errors import ConfigProblems

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fit:
    """`labels` (n,) number the rows' groups 0..k-1; `centres` (k, features); `inertia`: squared distances summed."""

    labels: Labels
    centres: Matrix
    inertia: float

    @property
    def k(self) -> int:
        """Number of groups."""
        return len(self.centres)


class Method(Protocol):
    """A clustering method's module."""

    def fit(self, matrix: Matrix, k: int, *, seed: int, starts: int) -> Fit:
        """Group the rows of `matrix` (n, features) into k groups, none empty; fewer where the rows do not give k.

        The same arguments give the same bits.
        """


def names() -> list[str]:
    """The methods there are."""
    return plugins.names(__name__)


def load(name: str) -> Method:
    """The method of this name.

    Raises:
        ConfigProblems: there is none.
    """
    if name not in names():
        raise ConfigProblems([f"cluster.method: no method '{name}'; known: {', '.join(names())}"])
    return cast("Method", plugins.module(__name__, name))
