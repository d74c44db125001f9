"""95 % intervals of shares and means."""

import numpy as np
import numpy.typing as npt

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
Values = npt.NDArray[np.float64]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927); 0 to 1 where nothing was tried.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z = successes / trials, Z
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def mean(values: Values) -> tuple[float, float]:
    """The interval of a mean, by the normal distribution; without bounds for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value does not vary
        return -np.inf, np.inf
    half = Z * float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def ratio(parts: Values, wholes: Values) -> tuple[float, float]:
    """The interval of sum(parts) / sum(wholes), by linearisation (Cochran, Sampling techniques, 1977, ch. 6).

    Its variance is s^2 of (part - ratio * whole), over n and the squared mean whole.
    """
    if len(parts) < 2 or not wholes.sum():  # noqa: PLR2004 - one value does not vary
        return -np.inf, np.inf
    found = float(parts.sum() / wholes.sum())
    half = Z * float((parts - found * wholes).std(ddof=1)) / np.sqrt(len(parts)) / float(wholes.mean())
    return found - half, found + half
