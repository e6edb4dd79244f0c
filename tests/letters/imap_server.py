"""A mailbox on this machine, for tests of what is read from one: enough of IMAP4rev1 (RFC 3501)."""

import re
import socketserver
import ssl
import threading
from contextlib import suppress
from pathlib import Path

USER, PASSWORD = "reports", "only:for tests"
LITERAL = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class FakeIMAPServer:
    """`mails` are what lies in its one folder; each has its flags."""

    def __init__(self, *mails: bytes, certificate: Path | None = None) -> None:
        self.mails = {uid: (mail, set()) for uid, mail in enumerate(mails, 1)}
        self.connections = 0
        self.uids_a_line = 100  # of its answers to SEARCH
        self.server = _Server(("127.0.0.1", 0), _Conversation)
        self.server.owner = self
        self.scheme = "imap"
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "imaps"

    @property
    def url(self) -> str:
        port = self.server.server_address[1]
        return f"{self.scheme}://{USER}:only%3Afor%20tests@127.0.0.1:{port}/Reports"

    def add(self, mail: bytes) -> None:
        self.mails[max(self.mails, default=0) + 1] = (mail, set())

    @property
    def unread(self) -> int:
        return sum("\\Seen" not in flags for _mail, flags in self.mails.values())

    def __enter__(self) -> "FakeIMAPServer":
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *_exception) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: FakeIMAPServer


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.server.owner.connections += 1
        with suppress(ConnectionError):
            self.talk()

    def talk(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, command, rest = [*line.strip().split(b" ", 2), b""][:3]
            answer = getattr(self, f"do_{command.decode().lower()}", self.do_unknown)
            self.say(f"{tag.decode()} {answer(rest)}")
            if command == b"LOGOUT":
                return

    def do_unknown(self, _rest: bytes) -> str:
        return "BAD unknown"

    def do_capability(self, _rest: bytes) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def do_login(self, rest: bytes) -> str:
        user, password = rest.split(b" ", 1)
        words = LITERAL.fullmatch(password)
        is_right = (user.decode(), words[1].decode() if words else "") == (USER, PASSWORD)
        return "OK welcome" if is_right else f"NO {USER} has another password"

    def do_select(self, rest: bytes) -> str:
        if rest.strip(b'"') != b"Reports":
            return "NO there is none"
        self.say(f"* {len(self.server.owner.mails)} EXISTS")
        return "OK [READ-WRITE]"

    def do_uid(self, rest: bytes) -> str:
        command, _, rest = rest.partition(b" ")
        return getattr(self, f"uid_{command.decode().lower()}")(rest.decode())

    def uid_search(self, _rest: str) -> str:
        found = [
            str(uid)
            for uid, (_mail, flags) in self.server.owner.mails.items()
            if not flags & {"\\Seen", "\\Deleted"}
        ]
        most = self.server.owner.uids_a_line
        for start in range(0, max(len(found), 1), most):
            self.say(f"* SEARCH {' '.join(found[start : start + most])}".rstrip())
        return "OK done"

    def uid_fetch(self, rest: str) -> str:
        uid, _, what = rest.partition(" ")
        [most] = re.findall(r"<0\.(\d+)>", what)
        mail = self.server.owner.mails[int(uid)][0][: int(most)]
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}\r\n".encode())
        self.wfile.write(mail)
        self.say(")")
        return "OK done"

    def uid_store(self, rest: str) -> str:
        uid, _, what = rest.partition(" ")
        self.server.owner.mails[int(uid)][1].update(re.findall(r"\\\w+", what))
        return "OK done"

    def do_expunge(self, _rest: bytes) -> str:
        mails = self.server.owner.mails
        for uid in [uid for uid, (_mail, flags) in mails.items() if "\\Deleted" in flags]:
            del mails[uid]
        return "OK done"

    def do_logout(self, _rest: bytes) -> str:
        self.say("* BYE")
        return "OK done"

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")
