"""The refusals that services raise. They carry ids and codes, never a value that a person typed or that a case holds.

Only web/errors.py and cli.py turn a refusal into words for a person.
"""

from typing import ClassVar


class Refusal(Exception):
    """Something was asked that is not done. `status` is the HTTP status a door answers with."""

    status: ClassVar[int] = 400


class NotFound(Refusal):
    """No such thing for this person: the same answer as for an id that never existed."""

    status = 404


class NotAllowed(Refusal):
    """The thing is visible, but doing this to it is not theirs."""

    status = 403


class Withdrawn(Refusal):
    """It was released to this person and has been taken back: the link says so, and shows nothing."""

    status = 410


class StepUpNeeded(Refusal):
    """Theirs to do, once they have confirmed who they are again."""

    status = 403


class FullSigninNeeded(Refusal):
    """Theirs to change, right after signing in with both factors."""

    status = 403


class DeclarationNeeded(Refusal):
    """Theirs to see, once they have declared conflicts of interest for the meeting that `reference` names."""

    status = 403

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


class WrongState(Refusal):
    """The thing has moved on since the page was opened, so this can no longer be done to it."""

    status = 409


class StaleEdit(WrongState):
    """Somebody else saved this row first; the door shows both versions."""


class RuleBroken(Refusal):
    """A rule of the panel is not met. Shown beside `field`; `message` says what happened and how to put it right."""

    status = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message


class IntegrityFailure(Refusal):
    """Something stored does not prove to be what was stored: never shown as empty, always audited."""

    status = 500


class ConfigurationError(Exception):
    """The settings are not complete or not safe, so the process does not start. Names settings, never their values."""
