"""Segmentation -> what each segment is like: traits, a typical customer, a headline, a suggested action."""

from segcli.persona.persona import personas

__all__ = ["personas"]
