"""When a file cannot be read piece by piece: what its first records show does not hold for all, or it needs all."""


class Doubt(Exception):
    """The file is to be read whole; nothing is wrong with it that this could tell."""
