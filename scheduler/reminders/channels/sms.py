"""Text messages by a gateway that speaks as Twilio's does, and the check that a report is truly the gateway's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from rooms import faults
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel

TIMEOUT = 10.0
"""Seconds that any one step may take."""
PASSES = {408, 425, 429, 500, 503}
"""Answers after which nothing was taken, and it may be tried again."""
MAY_HAVE_BEEN_TAKEN = {502, 504}
OPTED_OUT = "21610"
"""The gateway's word for a number that was opted out there."""
LONGEST_WAIT = 3600


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway's address and account. `reports_to` is where it reports, as it knows us."""

    address: str
    account: str
    token: str
    sender: str
    reports_to: str
    timeout: float = TIMEOUT


class Sms:
    """Sends text messages, one request each over one connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: http.client.HTTPConnection | None = None

    @property
    def channel(self) -> str:
        """Text messages."""
        return "sms"

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a text over. The report's address names it, so that a report settles it even where the answer was lost."""
        gateway = self._gateway
        fields = {
            "To": parcel.address,
            "From": gateway.sender,
            "Body": parcel.text,
            "StatusCallback": f"{gateway.reports_to}?message={quote(parcel.id)}",
        }
        try:
            connection = self._connected()
        except OSError as fault:
            self.close()
            return Outcome(Came.PASSING, detail=type(fault).__name__, is_down=True)
        faults.point("F13")
        try:
            connection.request("POST", self._path(), urlencode(fields), self._headers())
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.error) as fault:
            self.close()
            return Outcome(Came.UNKNOWN, detail=type(fault).__name__, is_down=isinstance(fault, TimeoutError))
        if answer.will_close:
            self.close()
        return outcome_of(answer.status, body, answer.getheader("Retry-After", ""))

    def _path(self) -> str:
        base = urlsplit(self._gateway.address).path.rstrip("/")
        return f"{base}/2010-04-01/Accounts/{quote(self._gateway.account)}/Messages.json"

    def _headers(self) -> dict[str, str]:
        pair = base64.b64encode(f"{self._gateway.account}:{self._gateway.token}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

    def _connected(self) -> http.client.HTTPConnection:
        """A new connection: after one that the gateway closed meanwhile, nobody could tell what became of the text."""
        self.close()
        parts, timeout = urlsplit(self._gateway.address), self._gateway.timeout
        host = parts.hostname or ""
        if parts.scheme == "https":
            self._open = http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=ssl.create_default_context())
        else:
            self._open = http.client.HTTPConnection(host, parts.port, timeout=timeout)
        self._open.connect()
        return self._open

    def close(self) -> None:
        """Hang up."""
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()


def outcome_of(status: int, body: bytes, wait: str = "") -> Outcome:
    """What an answer of the gateway means."""
    said = _json(body)
    if 200 <= status < 300:
        return Outcome(Came.ACCEPTED, str(said.get("sid", ""))[:100])
    code = str(said.get("code", status))[:20]
    if status in PASSES:
        seconds = min(int(wait), LONGEST_WAIT) if wait.isascii() and wait.isdigit() else 0
        return Outcome(Came.PASSING, detail=code, is_down=status != 500, wait=seconds)
    return Outcome(Came.UNKNOWN if status in MAY_HAVE_BEEN_TAKEN else Came.REFUSED, detail=code)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """What the gateway signs a report with: the exact address that it calls, and every field by name."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_signed(token: str, url: str, fields: Mapping[str, str], given: str) -> bool:
    """Whether a report is the gateway's. Without a token nothing is."""
    return bool(token) and hmac.compare_digest(signature(token, url, fields).encode(), given.encode())
