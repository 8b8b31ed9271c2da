"""What somebody is told who may not do something, or not yet. Each names the way out."""

from __future__ import annotations

from rooms.errors import DomainError


class SignInNeeded(DomainError):
    """Nobody is signed in, or no longer."""

    code = "sign_in_needed"

    def __init__(self) -> None:
        super().__init__("Sign in first; a sign-in ends by itself after a while.")


class Locked(DomainError):
    """The screen is locked."""

    code = "locked"

    def __init__(self) -> None:
        super().__init__("This screen is locked. Unlock it to go on; nothing that was typed is lost.")


class NotAllowed(DomainError):
    """Somebody's roles do not give it to them."""

    code = "not_allowed"

    def __init__(self, does: str, who: tuple[str, ...]) -> None:
        way = f"Ask somebody of these: {', '.join(who)}." if who else "Nobody may do it here."
        super().__init__(f"Your roles do not let you do this: {does[0].lower()}{does[1:]}. {way}")
        self.does = does


class ProofNeeded(DomainError):
    """It asks for a fresh proof of who it is."""

    code = "proof_needed"

    def __init__(self) -> None:
        super().__init__(
            "This needs a fresh proof that it is you: prove it again (the page /prove, or POST /api/v1/prove), then repeat it in 5 minutes."
        )


class SecondNeeded(DomainError):
    """It asks for a second person."""

    code = "second_person_needed"

    def __init__(self, who: tuple[str, ...]) -> None:
        super().__init__(
            f"This needs a second person, who proves who they are here: {' or '.join(who)}. Over the API: POST /api/v1/approvals, "
            "then repeat it with the header Chairtime-Approval."
        )


class ReasonNeeded(DomainError):
    """It asks for a typed reason."""

    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__("This needs a reason of at least 5 letters, which is kept: the field `reason`, or the header Chairtime-Reason.")


class SecondRefused(DomainError):
    """The second person did not prove who they are, is the first one, or may not approve this."""

    code = "second_person_refused"

    def __init__(self) -> None:
        super().__init__("The second person could not be accepted: it has to be somebody else, whose roles allow it, with their own proof.")


class SomebodyElse(DomainError):
    """What was written down by one person comes from a browser at which another one is signed in by now."""

    code = "somebody_else"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is signed in at this browser now, and did not write this. Whoever wrote it signs in and types it again.")
        self.name = name
