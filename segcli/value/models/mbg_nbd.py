"""MBG/NBD (Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007): BG/NBD where the first order may be the last.

So a customer who has not come back need not be alive.
"""

from segcli.value.models._leaving import PARAMETERS, Leaving

__all__ = ["PARAMETERS", "STARTS", "alive", "expected", "expected_new", "log_likelihood", "slopes"]

STARTS = ((0.5, 6.0, 0.9, 1.6), (1.0, 10.0, 1.0, 5.0), (0.7, 1.0, 0.3, 1.0))
_MODEL = Leaving(first=1)
log_likelihood, slopes = _MODEL.log_likelihood, _MODEL.slopes
alive, expected, expected_new = _MODEL.alive, _MODEL.expected, _MODEL.expected_new
