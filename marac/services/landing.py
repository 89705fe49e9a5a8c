"""Where the link in a message leads, once its reader has signed in. The token is an address, not a credential."""

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Message
from marac.vocabulary import Permission as P


def landing_path(session: Session, actor: Actor, token: str) -> str:
    """The page that a message to this person is about; NotFound for anybody else's message and for none alike."""
    mine = access.visible(actor, P.HOME_READ, Message).where(
        Message.go_token == token, Message.user_id == actor.user_id
    )
    message = session.scalar(mine)
    if message is None:
        raise NotFound
    return message.path
