"""The admin of letters. The order of registration is the order on its first page."""

from letters.admin import letters, signatures, pledges, papers, tellings, follows, mails, tallies  # noqa: F401, I001

__all__: list[str] = []
