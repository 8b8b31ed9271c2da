"""What a clinic may set, by environment variables that begin with CHAIRTIME_."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from scheduler.access.idle import Idle


def default_database_url() -> str:
    """An SQLite file where the machine keeps a person's data, so that it is found again from any folder."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return f"sqlite:///{Path(data) / 'chairtime' / 'chairtime.db'}"


class Settings(BaseSettings):
    """Made once, by the command line, and passed on."""

    model_config = SettingsConfigDict(env_prefix="CHAIRTIME_", extra="ignore")

    database_url: str = Field(default_factory=default_database_url)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    """Names by which browsers may reach this server, besides this machine's own."""
    public_address: str = ""
    """The address under which people reach this server, such as https://chairtime.clinic.example: links are made of it, never of what a
    request says. Empty: this machine's own address."""
    idle_minutes_desk: int = Field(default=15, ge=1, le=60)
    """How long nobody may do anything at a desk before the screen locks."""
    idle_minutes_tablet: int = Field(default=5, ge=1, le=60)
    """The same on a tablet."""
    password_rounds: int = Field(default=3, ge=1, le=20)
    password_memory_kib: int = Field(default=65536, ge=8, le=1048576)
    """What a guess at a password costs (Argon2id)."""
    test_build: bool = False
    """Opens the settable clock and the fault points to the HTTP API. Never in a clinic."""
    faults: bool = Field(default=False, validation_alias="FAULTS")
    """Whether fault points act, see `rooms.faults`."""

    permissions: Path | None = None
    """A clinic's own changes of the permission table, see docs/permissions.md."""

    oidc_issuer: str = ""
    """The clinic's own sign-in service (OpenID Connect), as it names itself. Empty: there is none. It needs the extra oidc."""
    oidc_client_id: str = ""
    """Under which it knows this server."""
    oidc_client_secret: SecretStr = SecretStr("")
    """The secret that goes with it; better in a file."""
    oidc_client_secret_file: Path | None = None
    """A file with that secret that only its owner may read."""
    oidc_label: str = Field(default="Clinic account", min_length=1, max_length=40)
    """What the service is called on buttons."""

    mode: Literal["", "clinic", "demo"] = ""
    """`clinic` refuses to start unless everything is set as a clinic needs it; without a mode only this machine is served."""
    secret_key: SecretStr = SecretStr("")
    """The installation's keys, separated by commas, see `scheduler.keys`; better in a file."""
    secret_key_file: Path | None = None
    """A file with the installation's keys, one to a line, that only its owner may read."""

    smtp_host: str = ""
    """The mail server that reminders go out by. Empty: none go by mail."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    """What one signs in with at the mail server; better in a file."""
    smtp_password_file: Path | None = None
    """A file with that password that only its owner may read."""
    mail_from: str = ""
    """The address that mails are from. It must not tell what the clinic does."""
    sms_gateway: str = ""
    """The address of a gateway for text messages that speaks as Twilio's does. Empty: none go as texts."""
    sms_account: str = ""
    """The account's id at the gateway."""
    sms_token: SecretStr = SecretStr("")
    """The account's secret token, by which its reports are known too; better in a file."""
    sms_token_file: Path | None = None
    """A file with that token that only its owner may read."""
    sms_from: str = ""
    """The number that texts are from."""

    audit_key: SecretStr = SecretStr("")
    """What the worker signs the audit trail's checkpoints with; better in a file."""
    audit_key_file: Path | None = None
    """The same in a file that only the worker's account may read; `chairtime audit new-key` makes one."""
    audit_public_key: str = ""
    """The public half, by which `chairtime audit verify` knows our checkpoints; several, with commas, once a key was changed."""
    audit_checkpoints: Path | None = None
    """The file to which checkpoints are added: on another volume or machine than the database."""
    audit_syslog: str = ""
    """Where checkpoints go besides: `/dev/log`, or `host:port` of a log server."""

    @property
    def address(self) -> str:
        """What links begin with, without a slash at the end."""
        return (self.public_address or f"http://{self.host}:{self.port}").rstrip("/")

    allow_http: bool = False
    """Lets a clinic's public address begin with http, where the network itself is encrypted."""
    backup_to: Path | None = None
    """The folder that backups are written into; it should be on another machine."""
    backup_recipient: str = ""
    """The public keys that backups are encrypted for, separated by commas; `chairtime backup-key new` makes one."""
    downtime_folder: Path | None = None
    """The folder that the worker writes the downtime pack into, every quarter of an hour: outside the app, where staff can open it."""
    downtime_initials: bool = False
    """Whether the packs that are kept there name patients by their initials and the clinic's own number only."""
    paper: Literal["letter", "a4"] = "letter"
    """The paper that is printed on."""
    pg_bin: Path | None = None
    """The folder with PostgreSQL's own programs, where they are not on the path."""

    @property
    def backup_recipients(self) -> list[str]:
        """Each of the public keys."""
        return [key.strip() for key in self.backup_recipient.split(",") if key.strip()]

    @property
    def public_host(self) -> tuple[str, ...]:
        """The name in the public address, by which browsers may reach this server too."""
        host = urlsplit(self.public_address).hostname
        return (host,) if host else ()

    @property
    def idle(self) -> Idle:
        """How long nobody may do anything before a screen locks."""
        return Idle(timedelta(minutes=self.idle_minutes_desk), timedelta(minutes=self.idle_minutes_tablet))
