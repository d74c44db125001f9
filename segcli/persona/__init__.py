"""Segmentation -> what each segment is like: traits, a typical customer, a headline, a suggested action."""

from segcli.persona.persona import build_personas

__all__ = ["build_personas"]
