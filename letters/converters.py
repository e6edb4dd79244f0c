class KeyConverter:
    """A private key: 22 characters, 128 bits."""

    regex = "[A-Za-z0-9_-]{22}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class ListConverter(KeyConverter):
    """A list of things as a text that only this site can read: see letters/actions/mine.py."""

    regex = "[A-Za-z0-9_=-]{100,3800}"
