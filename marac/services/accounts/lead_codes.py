"""The six digits that a lead tells somebody who was invited: derived from the link, kept nowhere. Opens no account."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

from marac import clock
from marac.crypto.keyring import Keyring
from marac.models import Invitation

MOST_WRONG_CODES: Final = 5


def lead_code(keyring: Keyring, invitation_id: UUID) -> str:
    """The code that belongs to one link: derived, and kept nowhere."""
    digest = hmac.digest(keyring.deployment_secret("invitation-code"), invitation_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def check_code(keyring: Keyring, invitation: Invitation, typed: str) -> bool:
    """Whether this is the code of the link; the fifth wrong one ends the link."""
    digits = "".join(typed.split())
    if digits.isascii() and hmac.compare_digest(lead_code(keyring, invitation.id), digits):
        return True
    invitation.wrong_codes += 1
    if invitation.wrong_codes >= MOST_WRONG_CODES:
        invitation.used_at = clock.now()
    return False
