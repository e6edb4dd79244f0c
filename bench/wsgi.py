"""What the site is compared with where Django is not entered.

BENCH_PAGES is a folder with the pages as the site answered them: `<name>.html`, the same in
Brotli beside it, and `<name>.json` with the headers.
"""

import json
import os
from pathlib import Path

from whitenoise import WhiteNoise

PAGES = Path(os.environ["BENCH_PAGES"])

NOTHING = [("Content-Length", "0")], b""
recorded = {}
for file in PAGES.glob("*.json"):
    headers = [tuple(header) for header in json.loads(file.read_text())]
    recorded[f"/{file.stem}.html"] = headers, file.with_suffix(".html.br").read_bytes()


def bare(environ, start_response):
    """A page's bytes and headers, and nothing else."""
    headers, body = recorded.get(environ["PATH_INFO"], NOTHING)
    start_response("200 OK", headers)
    return [body]


# Headers that WhiteNoise writes itself.
OF_A_FILE = {"content-type", "content-length", "content-encoding", "etag", "vary"}


def same_headers(headers, path, url):
    for name, value in recorded.get(url, NOTHING)[0]:
        if name.lower() not in OF_A_FILE:
            headers[name] = value


whitenoise = WhiteNoise(bare, root=PAGES, add_headers_function=same_headers)
