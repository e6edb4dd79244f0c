"""A mail server as there are: slow, and it refuses at random. Run beside the site.

It keeps what it took where whoever waits for a mail looks: a file of links for each address, and
one line of each mail in `taken` (when, for whom, whether it was news).
"""

import asyncio
import json
import random
import re
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP

SLOWEST = 0.25  # seconds until it has taken a mail; a fifth of it at least
REFUSES = 0.05  # of the mails, for now: half at the address, half after the words
GONE = 0.01  # closes the connection instead of an answer


class MailServer:
    def __init__(self, folder: Path, site: str) -> None:
        self.boxes = folder / "boxes"
        self.boxes.mkdir(exist_ok=True)
        self.taken = (folder / "taken").open("a")
        self.refused = 0
        self.link = re.compile(rf"^{re.escape(site)}(/\S+)", re.MULTILINE)
        self.mood = random.Random(10)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.mood.random() < REFUSES / 2:
            return self._refuse("450 4.2.1 try again later")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, _session, envelope):
        await asyncio.sleep(self.mood.uniform(SLOWEST / 5, SLOWEST))
        chance = self.mood.random()
        if chance < REFUSES / 2:
            return self._refuse("451 4.3.0 not now")
        if chance < REFUSES / 2 + GONE:
            self._refuse("")
            server.transport.abort()
            return "421 4.3.2 gone"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        for address in envelope.rcpt_tos:
            links = self.link.findall(mail.get_content())
            with (self.boxes / address.partition("@")[0]).open("a") as box:
                box.write("".join(f"{link}\n" for link in links))
            line = {"at": time.time(), "to": address, "news": "List-Id" in mail}
            line["id"] = mail["Message-ID"]
            print(json.dumps(line | {"refused": self.refused}), file=self.taken, flush=True)
        return "250 2.0.0 taken"

    def _refuse(self, answer: str) -> str:
        self.refused += 1
        return answer


async def main(folder: Path, port: int, site: str, address: str = "127.0.0.1") -> None:
    server = MailServer(folder, site)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(server, hostname="localhost", loop=loop), address, port
    )
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
