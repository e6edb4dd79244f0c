"""A small load generator: prepared requests over a few connections that stay open."""

import selectors
import socket
from collections.abc import Iterator

CONNECTIONS = 4  # as many as the worker has threads


class UnexpectedAnswer(Exception):
    pass


class Connection:
    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> None:
        self.received = b""
        self.length = None  # of head and body; unknown until the head is in
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer once it is in."""
        if not (data := self.socket.recv(262_144)):
            raise UnexpectedAnswer(f"closed after {self.received[:300]!r}")
        self.received += data
        if self.length is None and b"\r\n\r\n" in self.received:
            head, _, _ = self.received.partition(b"\r\n\r\n")
            _, _, rest = head.lower().partition(b"\r\ncontent-length:")
            self.length = len(head) + 4 + int(rest.partition(b"\r\n")[0])
        if self.length is not None and len(self.received) >= self.length:
            return self.received
        return None


def load(port: int, requests: list[bytes], expected: int = 200) -> None:
    """Send all requests, the next as soon as one is answered."""
    waiting = iter(requests)
    answered = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(min(CONNECTIONS, len(requests))):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(waiting))
        while answered < len(requests):
            for connection in ready(selector):
                if (answer := connection.receive()) is None:
                    continue
                if not answer.startswith(f"HTTP/1.1 {expected} ".encode()):
                    raise UnexpectedAnswer(answer[:2_000].decode(errors="replace"))
                answered += 1
                if request := next(waiting, None):
                    connection.send(request)
        for key in list(selector.get_map().values()):
            key.data.socket.close()


def ready(selector: selectors.BaseSelector) -> Iterator[Connection]:
    events = selector.select(timeout=60)
    if not events:
        raise UnexpectedAnswer("none within a minute")
    for key, _ in events:
        yield key.data


def http(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as a browser sends it."""
    headers = {
        "Host": "127.0.0.1",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-GB,en;q=0.5",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
