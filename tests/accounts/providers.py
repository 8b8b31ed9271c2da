"""Sign-in services on this machine: a real one in a process of its own, and one that bends its proofs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from scheduler.access.delegation import Service

CLIENT, SECRET, LABEL = "chairtime", "a-secret-of-the-client", "Clinic account"
CALLBACK = "https://clinic.example/sign-in/service/back"
START_SECONDS = 30


def service_at(issuer: str) -> Service:
    return Service(issuer, CLIENT, LABEL, CALLBACK)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def running_service(port: int | None = None) -> Iterator[str]:
    """A real provider in a process of its own, as its issuer."""
    port = port or free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"}) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < until, "the provider did not start"
            time.sleep(0.05)
        else:
            return


def signed_in_there(address: str, person: str) -> dict[str, str]:
    """Sign in at the service as somebody who was sent there, and be sent back: what the address of the way back holds."""
    answer = requests.post(address, data={"sub": person}, allow_redirects=False, timeout=START_SECONDS)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@dataclass
class BentService:
    """A service that gives any code, and a proof as a test bends it. `nonce` is what the person was sent with."""

    issuer: str = ""
    nonce: str = ""
    now: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    claims: dict[str, object] = field(default_factory=dict)
    description: dict[str, object] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)
    """Answers to give as they are, by path."""
    wait: threading.Event | None = None
    """Answer nothing until it is set."""

    def proof(self) -> str:
        times = {"iat": self.now, "exp": self.now + 300, "auth_time": self.now}
        honest = {"iss": self.issuer, "aud": CLIENT, "sub": "nora", "nonce": self.nonce, **times}
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": "one"}, claims, self.signing or self.key, algorithms=[self.algorithm])

    def answer(self, path: str) -> bytes:
        if self.wait is not None:
            self.wait.wait(START_SECONDS)
        if path in self.raw:
            return self.raw[path]
        answers: dict[str, Callable[[], object]] = {
            "/.well-known/openid-configuration": self._described,
            "/keys": lambda: KeySet([self.key]).as_dict(private=False),
            "/proofs": lambda: {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": self.proof()},
        }
        return json.dumps(answers[path]()).encode()

    def _described(self) -> dict[str, object]:
        places = {"authorization_endpoint": "/sign-in", "token_endpoint": "/proofs", "jwks_uri": "/keys"}
        return {"issuer": self.issuer, **{name: self.issuer + path for name, path in places.items()}, **self.description}


@contextmanager
def bent_service() -> Iterator[BentService]:
    bent = BentService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bent.answer(self.path)
            with suppress(ConnectionError):  # the clinic has left meanwhile
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        bent.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield bent
        server.shutdown()
        thread.join()
