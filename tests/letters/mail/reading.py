"""Reads a mail as its reader does: a sentence goes on over the end of a line."""


def unwrapped(body: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in body.split("\n\n"))
