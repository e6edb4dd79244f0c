"""One rendering of a page, as it is answered: codings, ETags, headers."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

import brotli

Headers = list[tuple[str, str]]

RENEW_AFTER = 0.75  # of a page's life: of four seconds, the last is there to render it anew
OVERHEAD = 4_000  # bytes a page takes beside its bodies, so that tiny pages count too

COMPRESSIBLE = re.compile(r"text/|[^;]*[/+](?:json|xml|javascript)\b")
CODING = re.compile(r"\s*([\w.*+-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?", re.ASCII)
ETAG = re.compile(r'"[^"]*"')
CONTENT_POLICIES = ("content-security-policy", "content-security-policy-report-only")
WRITTEN_HERE = {"content-length", "etag", "vary"}

# 1 ms each for 40 KB of HTML; Brotli's quality 9 takes 17 ms and saves 2% more.
COMPRESS = {
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}


def is_cacheable(status: str, headers: Headers) -> bool:
    """Whether an answer is a page for everybody, and says how long it is."""
    said = by_name(headers)
    directives = {word.partition("=")[0] for word in tokens(said.get("cache-control", ""))}
    policies = (said.get(name, "").lower() for name in CONTENT_POLICIES)
    return (
        status.startswith("200 ")
        and "public" in directives
        and not directives & {"private", "no-store", "no-cache"}
        and tokens(said.get("vary", "")) <= {"accept-encoding"}
        and "content-length" in said
        and not said.keys() & {"set-cookie", "content-encoding"}
        and not any("'nonce-" in policy for policy in policies)
    )


class Coded(NamedTuple):
    etag: str
    headers: Headers
    headers_if_same: Headers  # for a 304
    body: bytes


class CachedPage:
    """One rendering, in each content coding that somebody has asked for."""

    def __init__(self, body: bytes, headers: Headers, began: float, seconds: float):
        said = by_name(headers)
        self.renew_at = began + RENEW_AFTER * seconds
        self.expires_at = began + seconds
        self.is_whole = said.get("content-length", "") == str(len(body))
        self.is_compressible = COMPRESSIBLE.match(said.get("content-type", "")) is not None
        # Counted as if compressing saved nothing, so that it can wait until somebody asks.
        self.weight = OVERHEAD + len(body) * (1 + len(COMPRESS) * self.is_compressible)
        self.digest = hashlib.sha256(body).hexdigest()[:32]
        self.headers = [
            (name, value) for name, value in headers if name.lower() not in WRITTEN_HERE
        ]
        if self.is_compressible:
            self.headers.append(("Vary", "Accept-Encoding"))
        self.coded = {"identity": self._code("identity", body)}

    def answer(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        coding = preferred_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        etag, headers, headers_if_same, body = self.coded.get(coding) or self._compress(coding)
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known is not None and (known.strip() == "*" or etag in ETAG.findall(known)):
            start_response("304 Not Modified", headers_if_same.copy())
            return []
        start_response("200 OK", headers.copy())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def reuse(self, old: CachedPage) -> None:
        """Most renderings bring the same page again: what was compressed stays so."""
        if (self.digest, self.headers) == (old.digest, old.headers):
            self.coded = old.coded

    def _compress(self, coding: str) -> Coded:
        coded = identity = self.coded["identity"]
        if self.is_compressible:
            body = COMPRESS[coding](identity.body)
            if len(body) < len(identity.body):
                coded = self._code(coding, body)
        self.coded[coding] = coded
        return coded

    def _code(self, coding: str, body: bytes) -> Coded:
        etag = f'"{self.digest}"' if coding == "identity" else f'"{self.digest}-{coding}"'
        headers = [*self.headers, ("ETag", etag)]
        headers_if_same = [header for header in headers if header[0].lower() != "content-type"]
        if coding != "identity":
            headers.append(("Content-Encoding", coding))
        headers.append(("Content-Length", str(len(body))))
        return Coded(etag, headers, headers_if_same, body)


def by_name(headers: Headers) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        said[name] = f"{said[name]},{value}" if name in said else value
    return said


def tokens(value: str) -> set[str]:
    return {word.strip() for word in value.lower().split(",") if word.strip()}


@lru_cache(maxsize=256)  # browsers send a handful of different values
def preferred_coding(accept_encoding: str) -> str:
    quality = {}
    for part in accept_encoding.lower().split(","):
        if match := CODING.fullmatch(part):
            quality[match[1]] = float(match[2] or 1)
    anything = quality.get("*", 0)
    best = max(COMPRESS, key=lambda coding: quality.get(coding, anything))
    wanted = quality.get(best, anything)
    return best if wanted > 0 and wanted >= quality.get("identity", 0) else "identity"
