"""A mail server on this machine, for tests of the worker."""

import random
import socketserver
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage

# What can go wrong with a mail; only after the last does the server have it.
REFUSED, REFUSED_ADDRESS, REFUSED_WORDS = "451 at MAIL", "450 at RCPT", "451 after the words"
DROPPED, DROPPED_WORDS, CUT = "gone at DATA", "gone after the words", "gone, but taken"
FAILURES = [REFUSED, REFUSED_ADDRESS, REFUSED_WORDS, DROPPED, DROPPED_WORDS, CUT]


class FakeSMTPServer:
    """Takes every mail. With `stall()` it has the words but does not say so.

    With `fails=0.2` every fifth try fails, in one of the ways above. `cut` holds the Message-IDs
    of what it took while the connection broke before its answer: what may arrive twice.
    `talking` counts the connections that are open: none is once it has read all that was sent.
    """

    def __init__(self, fails: float = 0) -> None:
        self.fails = fails
        self.moods = random.Random(451)
        self.alone = threading.Lock()  # the same failures in the same order, whoever talks
        self.talking = 0
        self.failed: list[str] = []
        self.cut: set[str] = set()
        self.mails: list[EmailMessage] = []
        self.has_mail = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.server = _Server(("127.0.0.1", 0), _Conversation)
        self.server.owner = self

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server.server_address[1]}"

    def stall(self) -> None:
        self.may_answer.clear()

    def go_on(self) -> None:
        self.may_answer.set()

    def next_failure(self) -> str:
        with self.alone:
            if self.moods.random() >= self.fails:
                return ""
            failure = self.moods.choice(FAILURES)
            self.failed.append(failure)
            return failure

    def __enter__(self) -> "FakeSMTPServer":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception) -> None:
        self.go_on()
        self.server.shutdown()
        self.server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    owner: FakeSMTPServer


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server.owner
        with server.alone:
            server.talking += 1
        try:
            with suppress(ConnectionError):  # the other side was killed
                self.talk()
        finally:
            with server.alone:
                server.talking -= 1

    def talk(self) -> None:
        self.say("220 localhost")
        failure = ""
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command.startswith(b"MAIL"):
                failure = self.server.owner.next_failure()
            if command == b"QUIT":
                self.say("221 goodbye")
                return
            if command.startswith(b"MAIL") and failure == REFUSED:
                self.say("451 not now")
            elif command.startswith(b"RCPT") and failure == REFUSED_ADDRESS:
                self.say("450 not now")
            elif command != b"DATA":
                self.say("250 localhost")
            elif failure == DROPPED or not self.take_mail(failure):
                return  # without a word

    def take_mail(self, failure: str) -> bool:
        """Read the words and answer; False if the connection is to break instead."""
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()).strip() != b".":
            if not line:
                return False
            lines.append(line)
        if failure == REFUSED_WORDS:
            self.say("451 not now")
            return True
        if failure == DROPPED_WORDS:
            return False
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        server = self.server.owner
        if failure == CUT:
            server.cut.add(mail["Message-ID"])
        server.mails.append(mail)
        server.has_mail.set()
        server.may_answer.wait(30)
        if failure != CUT:
            self.say("250 taken")
        return failure != CUT

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")
