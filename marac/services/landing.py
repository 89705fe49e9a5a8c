"""Where the link in a message leads, once its reader has signed in. The token is an address, not a credential."""

from sqlalchemy.orm import Session

from marac import access
from marac.access import Actor
from marac.errors import NotFound
from marac.models import Action, Message
from marac.vocabulary import LIVE_ACTIONS, Permission as P, Template


def landing_path(session: Session, actor: Actor, token: str) -> str:
    """The page that a message to this person is about; NotFound for anybody else's message and for none alike."""
    mine = access.visible(actor, P.HOME_READ, Message).where(
        Message.go_token == token, Message.user_id == actor.user_id
    )
    message = session.scalar(mine)
    if message is None:
        raise NotFound
    of_actions = message.template in (Template.ACTIONS_ASSIGNED, Template.ACTIONS_DUE) and message.path == "/actions"
    only = _the_only_action(session, actor) if of_actions else ""
    return only or message.path


def _the_only_action(session: Session, actor: Actor) -> str:
    """The page of the agency's one open action, so that it is done in two clicks; empty when there is a choice."""
    mine = access.visible(actor, P.ACTION_UPDATE, Action).where(Action.state.in_(LIVE_ACTIONS))
    found = session.scalars(mine.limit(2)).all()
    return f"/actions/{found[0].id}" if len(found) == 1 else ""
