"""A security key made of software: it does what a device does, and what a thief's or a broken one would do."""

from __future__ import annotations

import hashlib
import itertools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40
ORIGIN = "https://clinic.example"
NAMES = itertools.count(1)


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


@dataclass
class SoftKey:
    """One key with one passkey on it. `count` is how often it was used; a key that does not count stays at 0."""

    origin: str = ORIGIN
    count: int = 0
    step: int = 1
    flags: int = PRESENT | VERIFIED
    credential: bytes = field(default_factory=lambda: b"credential" + next(NAMES).to_bytes(4, "big"))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes = b""

    def make(self, options: str) -> dict[str, object]:
        """What it answers when it is asked for a new passkey."""
        asked = json.loads(options)
        self.user = decoded(asked["user"]["id"])
        point = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + encode_cbor(public)
        data = self._data(asked["rp"]["id"], self.flags | MADE) + made
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": self._client("webauthn.create", asked), "attestationObject": attested})

    def show(self, options: str) -> dict[str, object]:
        """What it answers when it is asked who somebody is."""
        asked = json.loads(options)
        self.count += self.step
        client, data = self._client("webauthn.get", asked), self._data(asked["rpId"], self.flags)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.user})

    def _client(self, kind: str, asked: dict[str, object]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, party: str, flags: int) -> bytes:
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _answer(self, response: dict[str, bytes]) -> dict[str, object]:
        name = encoded(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": {key: encoded(value) for key, value in response.items()}}
