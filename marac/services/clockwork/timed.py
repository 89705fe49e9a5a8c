"""What the timetable does: send messages, lift flags after twelve months, clear what is over, escalate actions.

Jobs take the same named transitions as people do, as the System. A body that runs twice does its work once.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import Case, Draft, Flag, JobRun, Message, OnceKey, PasswordLink, SigninChallenge, SigninSession
from marac.notifications import Letterhead, Prompt
from marac.services import moving
from marac.services.accounts import forgotten, throttle, users
from marac.services.clockwork import leases, timetable
from marac.services.clockwork.leases import Held
from marac.services.following import escalating
from marac.services.following.flags import kept
from marac.services.keeping import rotating
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.referring import outside_links
from marac.vocabulary import CaseState, FlagState, Permission as P, Template

KEPT: tuple[tuple[Any, Any, timedelta], ...] = (
    (SigninSession, SigninSession.seen_at, timedelta(days=30)),
    (OnceKey, OnceKey.at, timedelta(days=2)),
    (JobRun, JobRun.at, timedelta(days=7)),
    (Draft, Draft.typed_at, timedelta(days=30)),
    (SigninChallenge, SigninChallenge.expires_at, timedelta(days=1)),
    (PasswordLink, PasswordLink.asked_at, timedelta(days=1)),
)


def deliver_messages(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Send what is due in every partnership. Nothing without a mail server: messages wait in the outbox."""
    smtp_url = house.settings.smtp_url
    if smtp_url is None:
        return 0
    leases.once(house, held, job, slot, lambda _session: 0)
    sent, ids = 0, timetable.whose_of(_with_post(house))
    for whose in leases.waiting(house, job, "", ids):
        if not held.stopping():
            sent += leases.guarded(house, job, whose, partial(deliver_in, house, ids[whose], smtp_url))
    return sent


def deliver_in(house: Deployment, partnership_id: UUID, smtp_url: str) -> int:
    """Claim in one transaction, send in none, mark each in its own; returns how many messages the server took."""
    actor, settings = access.system(partnership_id), house.settings
    letterhead = Letterhead(settings.service_name, settings.base_url, notifications.sender_in(smtp_url))

    with unit_of_work(house, actor) as session:

        def own_link(message: Message) -> str:
            if message.template == Template.INVITATION and message.path == "/join":
                return f"/join/{users.sent_token(session, house.keyring, UUID(message.subject_key))}"
            if message.template == Template.PASSWORD_LINK:
                return f"/forgotten/{forgotten.link_token(house.keyring, UUID(message.subject_key))}"
            return outside_links.path_for(session, house.keyring, message.user_id)

        prompts = notifications.claim(session, partnership_id, letterhead, own_link)
    if not prompts:
        return 0
    taken: list[UUID] = []

    def note(prompt: Prompt) -> None:
        taken.extend(_mark_sent(house, actor, prompt))

    notifications.deliver(smtp_url, prompts, note)
    left = [one for prompt in prompts for one in prompt.message_ids if one not in taken]
    with unit_of_work(house, actor) as session:
        access.asked()
        notifications.put_off(session, left)
    return len(taken)


def _mark_sent(house: Deployment, actor: Actor, prompt: Prompt) -> list[UUID]:
    """At once, so that a sender that dies leaves at most one e-mail to be sent a second time."""
    with unit_of_work(house, actor) as session:
        access.asked()
        sent = notifications.mark_sent(session, prompt.message_ids)
        for message in sent:
            audit.record(session, actor, "message:sent", message, template=message.template)
        return [message.id for message in sent]


def lapse_flags(session: Session, actor: Actor) -> int:
    """Twelve months after the hearing: the case lapses, and each agency is asked to lift its mark (DA-32)."""
    today = clock.today()
    over = access.visible(actor, P.JOB_RUN, Case).where(Case.state == CaseState.ISSUED, Case.flag_until_on < today)
    cases = session.scalars(over).all()
    for case in cases:
        moving.advance(session, actor, case, "lapse", today=today, window_end=case.flag_until_on)
    live = (FlagState.ADD_REQUESTED, FlagState.ADDED)
    left = access.visible(actor, P.JOB_RUN, Flag).where(Flag.state.in_(live), Flag.lift_on < today, ~kept(Flag.case_id))
    flags = session.scalars(left).all()
    for flag in flags:
        moving.advance(session, actor, flag, "ask_removal")
    return len(cases) + len(flags)


def clear_expired(session: Session) -> int:
    """Delete sessions, one-time form keys, failed tries, job slots and texts never saved that no longer count."""
    cleared = throttle.forget_old_attempts(session)
    for model, at, lasts in KEPT:
        cleared += len(session.scalars(delete(model).where(at < clock.now() - lasts).returning(model.id)).all())
    return cleared


def destroy_old_keys(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Destroy the generations of keys that no value has needed for 35 days."""
    if not leases.waiting(house, job, slot, [timetable.WHOLE]):
        return 0
    leases.once(house, held, job, slot, lambda _session: 0)
    return sum(rotating.destroy_due(house).values())


def warn_overdue(session: Session, actor: Actor) -> int:
    """Tell who is waited for: actions and marks up their ladders. Once for each; the rest is reminders.py."""
    return escalating.escalate_actions(session, actor) + escalating.escalate_flags(session, actor)


def _with_post(house: Deployment) -> list[UUID]:
    with house.reader() as session:
        return list(session.scalars(select(Message.partnership_id).where(*notifications.waiting()).distinct()))
