"""So many of something, in words that go with the number."""


def counted(count: float, one: str, several: str = "") -> str:
    """A whole number with thousands marked, and what there is so much of, whose verb may come along.

    >>> counted(1, "order"), counted(18532, "order")
    ('1 order', '18,532 orders')
    >>> counted(1, "line repeats", "lines repeat"), counted(2, "line repeats", "lines repeat")
    ('1 line repeats', '2 lines repeat')
    """
    return f"{count:,.0f} {one if count == 1 else several or f'{one}s'}"
