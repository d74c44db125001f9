"""BG/NBD (Fader, Hardie and Lee 2005): customers order at their own rate and may stop after any repeat order.

A customer who has not come back is alive for certain: nobody stops before the first repeat.
"""

from segcli.value.models._leaving import PARAMETERS, Leaving

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

STARTS = ((0.3, 5.0, 0.8, 2.5), (1.0, 10.0, 1.0, 5.0), (0.7, 1.0, 0.3, 1.0))
_MODEL = Leaving(first=0)
log_likelihood, slopes = _MODEL.log_likelihood, _MODEL.slopes
alive, expected, expected_new = _MODEL.alive, _MODEL.expected, _MODEL.expected_new
