"""A mail server on this machine, for tests of the worker."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class Mailbox:
    """Takes every mail. With `stall()` it has the words but does not say so."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.has_mail = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.server = _Server(("127.0.0.1", 0), _Conversation)
        self.server.mailbox = self

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server.server_address[1]}"

    def stall(self) -> None:
        self.may_answer.clear()

    def go_on(self) -> None:
        self.may_answer.set()

    def __enter__(self) -> "Mailbox":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exception) -> None:
        self.go_on()
        self.server.shutdown()
        self.server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("220 localhost")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command == b"QUIT":
                self.say("221 goodbye")
                return
            if command != b"DATA":
                self.say("250 localhost")
                continue
            self.say("354 go on")
            self.take_mail()
            self.say("250 taken")

    def take_mail(self) -> None:
        lines = []
        while (line := self.rfile.readline()).strip() != b".":
            lines.append(line)
        mailbox = self.server.mailbox
        mailbox.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        mailbox.has_mail.set()
        mailbox.may_answer.wait(30)

    def say(self, words: str) -> None:
        try:
            self.wfile.write(words.encode() + b"\r\n")
        except OSError:  # the other side was killed
            return
