"""95 % confidence intervals of shares, means and ratios."""

import numpy as np

from segcli.arrays import FloatArray

Z_SCORE_95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the Wilson interval (1927) of a share; 0 to 1 without trials.

    >>> [round(bound, 4) for bound in wilson_interval(8, 10)]
    [0.4902, 0.9433]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z = successes / trials, Z_SCORE_95
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half_width = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(float(centre - half_width), 0.0), min(float(centre + half_width), 1.0)


def mean_interval(values: FloatArray) -> tuple[float, float]:
    """Return the interval of a mean by the normal distribution; infinite for fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no variance
        return -np.inf, np.inf
    half_width = Z_SCORE_95 * float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean()) - half_width, float(values.mean()) + half_width


def ratio_interval(numerators: FloatArray, denominators: FloatArray) -> tuple[float, float]:
    """Return the interval of sum(numerators) / sum(denominators); infinite for fewer than two values.

    The interval uses linearisation (Cochran, Sampling techniques, 1977, ch. 6). Its variance is s^2 of
    (numerator - ratio * denominator), over n and the squared mean denominator.
    """
    if len(numerators) < 2 or not denominators.sum():  # noqa: PLR2004 - one value has no variance
        return -np.inf, np.inf
    ratio = float(numerators.sum() / denominators.sum())
    half_width = (
        Z_SCORE_95
        * float((numerators - ratio * denominators).std(ddof=1))
        / np.sqrt(len(numerators))
        / float(denominators.mean())
    )
    return ratio - half_width, ratio + half_width
