"""Mail by SMTP. What was surely not taken is told apart from what may have been."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from rooms import faults
from scheduler.clock import Clock
from scheduler.reminders.channels.carrier import Came, Outcome, Parcel

TIMEOUT = 15.0
"""Seconds that any one step may take."""
TAKEN, PASSES = 250, range(400, 500)


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server. `security` is tls, starttls or none."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = ""
    timeout: float = TIMEOUT


class Mail:
    """Sends mails one after another over one connection."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._open: smtplib.SMTP | None = None

    @property
    def channel(self) -> str:
        """Mail."""
        return "mail"

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a mail over. Its Message-ID is the same when it is sent again, so that programs know the two for one."""
        try:
            mail = self.mail(parcel, self._clock.now())
        except ValueError:
            return Outcome(Came.REFUSED, detail="not_a_mail")
        try:
            smtp = self._connected()
            smtp.ehlo_or_helo_if_needed()
            code, words = smtp.mail(self._server.sender)
            code, words = smtp.rcpt(parcel.address) if code == TAKEN else (code, words)
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            return Outcome(Came.PASSING, detail=type(fault).__name__, is_down=True)
        if code not in {TAKEN, 251}:
            return self._refused(code)
        faults.point("F13")
        return self._hand_over(smtp, mail)

    def _hand_over(self, smtp: smtplib.SMTP, mail: EmailMessage) -> Outcome:
        try:
            code, words = smtp.data(mail.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as fault:
            return self._refused(fault.smtp_code)
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            return Outcome(Came.UNKNOWN, detail=type(fault).__name__, is_down=True)
        return Outcome(Came.ACCEPTED, words.decode("ascii", "replace")[:100]) if code == TAKEN else self._refused(code)

    def _refused(self, code: int) -> Outcome:
        self.close()
        return Outcome(Came.PASSING if code in PASSES else Came.REFUSED, detail=str(code))

    def mail(self, parcel: Parcel, at: datetime) -> EmailMessage:
        """The mail as it goes over the wire. Raises `ValueError` where a header would not be one line."""
        sender = self._server.sender
        local, _, domain = sender.partition("@")
        mail = EmailMessage()
        mail["From"] = Address(display_name=parcel.label, username=local, domain=domain)
        mail["To"] = parcel.address
        mail["Subject"] = parcel.subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{parcel.id}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(parcel.text)
        for number, file in enumerate(parcel.files, 1):
            name = "visit.ics" if len(parcel.files) == 1 else f"visit-{number}.ics"
            mail.add_attachment(file.content, subtype="calendar", filename=name, params={"method": file.method})
        return mail

    def _connected(self) -> smtplib.SMTP:
        if self._open is None:
            self._open = self._connect()
        return self._open

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        if server.security == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
        return smtp

    def close(self) -> None:
        """Hang up. A server that does not answer is left alone."""
        smtp, self._open = self._open, None
        if smtp is not None:
            smtp.close()
