"""Telling a person that how they sign in was changed: by mail, in fixed words. Names nobody, links to their account."""

from uuid import uuid4

from sqlalchemy.orm import Session

from marac import notifications
from marac.models import User
from marac.vocabulary import Template

PATH = "/account/sign-in"


def tell(session: Session, user: User, template: Template = Template.ACCOUNT_CHANGED) -> None:
    """One prompt for this change."""
    notifications.enqueue(session, user.partnership_id, [user.id], template, subject_key=uuid4().hex, path=PATH)
