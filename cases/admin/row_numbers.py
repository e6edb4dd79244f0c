def row_number(text: str) -> int | None:
    """The number of a row as somebody typed it, if it can be one: a key has 63 bits."""
    return int(text) if text.isdecimal() and len(text) < 19 else None
