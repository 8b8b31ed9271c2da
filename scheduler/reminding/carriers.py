"""The channels as the settings say, and what their labels and addresses must not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import SecretStr

from rooms.errors import DomainError
from scheduler.clock import Clock
from scheduler.keys import read_secret
from scheduler.reminders.channels.carrier import Carrier
from scheduler.reminders.channels.console import Console
from scheduler.reminders.channels.mail import Mail, Server
from scheduler.reminders.channels.sms import Gateway, Sms
from scheduler.reminders.message import forbidden_in
from scheduler.settings import Settings

REPORTS = "/gateway/texts/status"
REPLIES = "/gateway/texts/replies"
"""Where the gateway reports to, and where it hands on what patients write back."""


def carriers_of(settings: Settings, clock: Clock, show: Callable[[str], None]) -> tuple[Carrier, ...]:
    """The channels that are set up. The demo sends nothing to anybody: it shows. Raises the refusals of `read_secret`."""
    if settings.mode == "demo":
        return Console("sms", show), Console("mail", show)
    found: list[Carrier] = []
    if settings.sms_gateway:
        found.append(Sms(gateway_of(settings)))
    if settings.smtp_host:
        found.append(Mail(_server_of(settings), clock))
    return tuple(found)


def gateway_of(settings: Settings) -> Gateway:
    """The gateway for texts."""
    address = f"{settings.address}{REPORTS}"
    return Gateway(settings.sms_gateway, settings.sms_account, token_of(settings), settings.sms_from, address)


def token_of(settings: Settings) -> str:
    """The secret that the gateway signs with; empty where none is set."""
    return _secret(settings.sms_token, settings.sms_token_file, "CHAIRTIME_SMS_TOKEN_FILE")


def _server_of(settings: Settings) -> Server:
    password = _secret(settings.smtp_password, settings.smtp_password_file, "CHAIRTIME_SMTP_PASSWORD_FILE")
    return Server(settings.smtp_host, settings.smtp_port, settings.mail_from, settings.smtp_security, settings.smtp_user, password)


def _secret(value: SecretStr, file: Path | None, setting: str) -> str:
    return read_secret(file, setting).strip() if file is not None else value.get_secret_value()


def faults_of(settings: Settings) -> Iterator[str]:
    """What keeps a clinic's messages from going out as they must, each with its setting and the way out."""
    if settings.smtp_host and "@" not in settings.mail_from:
        yield "CHAIRTIME_MAIL_FROM: mails need an address that they are from, such as visits@clinic.example."
    if settings.smtp_host and settings.smtp_security == "none" and settings.smtp_host not in {"localhost", "127.0.0.1", "::1"}:
        yield "CHAIRTIME_SMTP_SECURITY: mails would go out readable for everybody on the way; use starttls or tls."
    if found := forbidden_in(settings.mail_from):
        yield f"CHAIRTIME_MAIL_FROM: {found[0]!r} tells a stranger too much; use an address that says nothing of what the clinic does."
    if settings.sms_gateway and not settings.sms_gateway.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        yield "CHAIRTIME_SMS_GATEWAY: texts would go out readable for everybody on the way; use an address with https."
    if settings.sms_gateway and not (settings.sms_account and settings.sms_from):
        yield "CHAIRTIME_SMS_ACCOUNT, CHAIRTIME_SMS_FROM: the gateway needs the account's id and the number that texts are from."
    try:
        if settings.sms_gateway and not token_of(settings):
            yield "CHAIRTIME_SMS_TOKEN_FILE: the gateway needs the account's token; name a file with it that only its owner may read."
        if settings.smtp_host:
            _server_of(settings)
    except DomainError as refusal:
        yield refusal.message
