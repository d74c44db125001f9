"""Describe the segments of a segmentation: traits, a typical customer, a headline, a suggested action."""

from segcli.persona.personas import build_personas

__all__ = ["build_personas"]
