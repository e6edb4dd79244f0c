"""What an e-mail address is, for this site: one mailbox has one form that is compared.

Limits, blocks, signatures, follows, letters, what staff search for and the mails themselves all ask
here. Whoever could spell one mailbox in two ways would sign twice, or be written to although they
blocked us.
"""

import re

import idna

from cases.encryption import keyed_hash

# RFC 5321's Dot-string, in plain ASCII: what every mail server takes. Not its Quoted-string, in
# which each mailbox has any number of spellings ("v\ictim"), and no comments.
LOCAL_PART = re.compile(r"[\w!#$%&'*/=?^`{|}~+-]+(\.[\w!#$%&'*/=?^`{|}~+-]+)*", re.ASCII)
MAX_LOCAL_PART_CHARACTERS = 64  # RFC 5321
MAX_ADDRESS_CHARACTERS = 254  # RFC 5321: what fits into its angle brackets
# A number is no top-level domain: 10.0.0.10 is a machine. Both kinds of the others have letters.
TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")
# Names that reach a machine of ours or of the network it stands in, and nobody's mailbox.
OF_THIS_NETWORK = {"localhost", "localdomain", "local", "internal", "lan", "home", "corp", "arpa"}
GMAIL = "gmail.com"


class NotAnAddress(ValueError):
    """Nothing that a mail could be sent to. `part` is what is wrong: "local", "domain" or ""."""

    def __init__(self, part: str = "") -> None:
        super().__init__(part)
        self.part = part


def deliverable(typed: str) -> str:
    """The address as it is stored and mailed to: its local part as typed, its domain in ASCII.

    The domain goes through UTS 46 and IDNA 2008, as browsers do it: capitals, soft hyphens, zero
    width and full width characters are gone, and “ß” stays a letter of its own.
    Raises NotAnAddress.
    """
    local, at, domain = typed.strip().rpartition("@")
    if not at:
        raise NotAnAddress
    if not LOCAL_PART.fullmatch(local) or len(local) > MAX_LOCAL_PART_CHARACTERS:
        raise NotAnAddress("local")
    address = f"{local}@{_in_ascii(domain)}"
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise NotAnAddress("domain")
    return address


def compared(typed: str) -> str:
    """The form that two spellings of one mailbox share: lower case, without a +tag, and without
    dots before @gmail.com.

    RFC 5321 leaves capitals and tags to the receiving server. Nobody tells two people apart by
    them, and nearly all servers that know tags use “+”. Raises NotAnAddress.
    """
    local, _at, domain = deliverable(typed).lower().rpartition("@")
    local = local.split("+")[0] or local  # “+sam” has no name before its tag: all of it is one
    if domain in (GMAIL, "googlemail.com"):
        local, domain = local.replace(".", ""), GMAIL
    return f"{local}@{domain}"


def is_plain(typed: str) -> bool:
    """Whether the address is typed as it is compared: without a tag. Raises NotAnAddress."""
    return deliverable(typed).lower() == compared(typed)


def _in_ascii(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode().removesuffix(".")
    except UnicodeError:  # idna.IDNAError is one
        raise NotAnAddress("domain") from None
    *names, top_level = ascii_domain.split(".")
    if not names or not TOP_LEVEL.fullmatch(top_level) or top_level in OF_THIS_NETWORK:
        raise NotAnAddress("domain")
    return ascii_domain


def email_hash(email: str) -> str:
    """The keyed hash of the mailbox, however its address is spelt; an empty address has an empty
    hash. Raises NotAnAddress."""
    return keyed_hash(compared(email), "email") if email else ""
