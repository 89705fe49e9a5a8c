"""What the timetable does: send messages, lift flags after twelve months, clear what is over, warn of what is late.

Jobs take the same named transitions as people do, as the System. A body that runs twice does its work once.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marac import access, audit, clock, notifications
from marac.access import Actor
from marac.models import Action, Case, Deadline, Draft, Flag, JobRun, Message, Minutes, OnceKey, SigninSession
from marac.notifications import Letterhead
from marac.services import leases, moving, outside_links, throttle, users
from marac.services.deployment import Deployment, unit_of_work
from marac.services.flags import kept
from marac.services.leases import Held
from marac.services.recipients import AGENCY_PEOPLE, active_people
from marac.vocabulary import LIVE_ACTIONS, CaseState, FlagState, Permission as P, Role, Template

KEPT: tuple[tuple[Any, Any, timedelta], ...] = (
    (SigninSession, SigninSession.seen_at, timedelta(days=30)),
    (OnceKey, OnceKey.at, timedelta(days=2)),
    (JobRun, JobRun.at, timedelta(days=7)),
    (Draft, Draft.typed_at, timedelta(days=30)),
)
WARNS: dict[str, tuple[Template, Role]] = {
    "triage_decided": (Template.REFERRAL_WAITING, Role.COORDINATOR),
    "emergency": (Template.REFERRAL_URGENT, Role.COORDINATOR),
    "idva_first_contact": (Template.REFERRAL_WAITING, Role.IDVA),
}
# days overdue -> who is told, once for each action (DA-28); the days are not yet confirmed locally
ESCALATES: tuple[tuple[int, tuple[Role, ...], bool], ...] = (  # the last: of the agency only
    (1, AGENCY_PEOPLE, True), (3, (Role.AGENCY_ADMIN,), True),
    (7, (Role.CHAIR,), False), (14, (Role.SERVICE_MANAGER,), False),
)  # fmt: skip


def deliver_messages(house: Deployment, held: Held, job: str, slot: str) -> int:
    """Send what is due in every partnership. Nothing without a mail server: messages wait in the outbox."""
    smtp_url = house.settings.smtp_url
    if smtp_url is None or leases.run_once(house, held, job, slot, lambda _session: 0) is None:
        return 0
    return sum(deliver_in(house, partnership_id, smtp_url) for partnership_id in _with_post(house))


def deliver_in(house: Deployment, partnership_id: UUID, smtp_url: str) -> int:
    """Claim in one transaction, send in none, mark in another; returns how many messages the server took."""
    actor, settings = access.system(partnership_id), house.settings
    letterhead = Letterhead(settings.service_name, settings.base_url, notifications.sender_in(smtp_url))

    with unit_of_work(house, actor) as session:

        def own_link(message: Message) -> str:
            if message.template == Template.INVITATION and message.path == "/join":
                return f"/join/{users.invitation_token(house.keyring, UUID(message.subject_key))}"
            return outside_links.path_for(session, house.keyring, message.user_id)

        prompts = notifications.claim(session, partnership_id, letterhead, own_link)
    taken = notifications.deliver(smtp_url, prompts) if prompts else ()
    with unit_of_work(house, actor) as session:
        sent = notifications.mark_sent(session, taken)
        for message in sent:
            audit.record(session, actor, "message:sent", message, template=message.template)
    return len(sent)


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


def warn_overdue(session: Session, actor: Actor) -> int:
    """Tell who is waited for: deadlines that passed, and actions by how long they are overdue. Once for each."""
    return _warn_deadlines(session, actor) + _warn_minutes(session, actor) + _warn_actions(session, actor)


def _warn_deadlines(session: Session, actor: Actor) -> int:
    late = access.visible(actor, P.JOB_RUN, Deadline).where(Deadline.met_at.is_(None), Deadline.due_at < clock.now())
    told = 0
    for deadline in session.scalars(late.where(Deadline.rule.in_(list(WARNS)))):
        template, role = WARNS[deadline.rule]
        who = active_people(session, actor.partnership_id, (role,))
        key = f"late:{deadline.id.hex}"
        told += notifications.enqueue(session, actor.partnership_id, who, template, subject_key=key)
    return told


def _warn_minutes(session: Session, actor: Actor) -> int:
    late = access.visible(actor, P.JOB_RUN, Minutes).where(Minutes.issued_at.is_(None), Minutes.due_at < clock.now())
    who = active_people(session, actor.partnership_id, (Role.COORDINATOR,))
    return sum(
        notifications.enqueue(
            session, actor.partnership_id, who, Template.MINUTES_READY, subject_key=f"late:{minutes.id.hex}"
        )
        for minutes in session.scalars(late)
    )


def _warn_actions(session: Session, actor: Actor) -> int:
    late = access.visible(actor, P.JOB_RUN, Action).where(Action.state.in_(LIVE_ACTIONS), Action.due_on < clock.today())
    told = 0
    for action in session.scalars(late):
        days = (clock.today() - action.due_on).days
        for after, roles, of_agency in ESCALATES:
            if days >= after:
                agencies = [action.agency_id] if of_agency else None
                who = active_people(session, actor.partnership_id, roles, agencies=agencies)
                told += notifications.enqueue(
                    session, actor.partnership_id, who, Template.ACTIONS_ASSIGNED,
                    subject_key=f"overdue:{action.id.hex}:{after}", path="/actions",
                )  # fmt: skip
    return told


def _with_post(house: Deployment) -> list[UUID]:
    with house.reader() as session:
        due = (Message.sent_at.is_(None), Message.due_at <= clock.now())
        return list(session.scalars(select(Message.partnership_id).where(*due).distinct()))
