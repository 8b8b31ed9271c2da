"""A mail server and a gateway for texts on loopback, which answer as the test says and remember what they took."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, dict[str, object], dict[str, str]]


@dataclass
class Texts:
    """What the gateway took: the texts, each with ours id in it, and how it answers the n-th request (from 1)."""

    port: int = 0
    taken: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    answer: Callable[[int, dict[str, str]], Reply | None] = lambda _, __: None
    """None is that it takes it; anything else is sent instead."""
    late: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def copies(self) -> Counter[str]:
        """How often each of our messages was taken."""
        return Counter(parse_qs(urlsplit(each["StatusCallback"]).query)["message"][0] for each in self.taken)

    def take(self, fields: dict[str, str]) -> Reply:
        with self.lock:
            self.asked += 1
            refused = self.answer(self.asked, fields)
            if refused is None:
                self.taken.append(fields)
                return 201, {"sid": f"SM{self.asked:032d}", "status": "queued"}, {}
            return refused


@contextmanager
def gateway(texts: Texts) -> Iterator[Texts]:
    """The gateway, answering until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is the library's
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(sent).items()}
            status, body, headers = texts.take(fields)
            time.sleep(texts.late)
            payload = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(payload)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:  # the name is the library's
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return

    with ThreadingHTTPServer(("127.0.0.1", texts.port), Handler) as server:
        server.daemon_threads = True
        texts.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield texts
        server.shutdown()


@dataclass
class Mails:
    """What the mail server took, and what it says at RCPT and after DATA. `drops` hangs up after DATA, having taken the mail."""

    port: int = 0
    taken: list[Message] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    after_data: str = "250 taken"
    drops: bool = False
    late: float = 0.0
    talked: int = 0


@contextmanager
def mail_server(mails: Mails) -> Iterator[Mails]:
    """The mail server, answering until the end."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mails.talked += 1
            time.sleep(mails.late)
            try:
                self._talk()
            except (ConnectionError, ValueError):
                return

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def _talk(self) -> None:
            self._say("220 loopback")
            while line := self.rfile.readline():
                verb = line.decode().strip().partition(" ")[0].upper()
                if verb == "DATA":
                    self._data()
                elif verb == "RCPT":
                    address = line.decode().partition("<")[2].partition(">")[0]
                    self._say(mails.rcpt.get(address, "250 ok"))
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _data(self) -> None:
            self._say("354 go on")
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line[1:] if line.startswith(b"..") else line)
            if mails.after_data.startswith("250"):
                mails.taken.append(message_from_bytes(b"".join(lines), policy=default))
            if mails.drops:
                self.connection.shutdown(socket.SHUT_RDWR)
                raise ConnectionError
            self._say(mails.after_data)

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", mails.port), Handler) as server:
        server.daemon_threads = True
        mails.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield mails
        server.shutdown()


def closed_port() -> int:
    """A port at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that lets one in and never says anything."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        yield int(silent.getsockname()[1])
