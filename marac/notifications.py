"""Prompts to sign in: queued in the transaction, sent after it. A message never carries case detail.

Refuses to hold a name, a reference, an agency, a programme or a place: it says fixed words, counts and dates (DA-2).
At least once: a prompt is claimed before it is sent and marked after, always as the same bundle under one Message-ID.
"""

import logging
import secrets
import smtplib
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from string import Template as Text
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.access import Actor
from marac.crypto.fields import open_many, sealed_columns
from marac.models import Action, AgendaItem, Meeting, Membership, Message, Research, User
from marac.paths import TEMPLATES
from marac.vocabulary import (
    LIVE_ACTIONS,
    UNANSWERED,
    AgendaItemState,
    MeetingState,
    Permission,
    ProgrammeSlug,
    Template,
    UserState,
)

log = logging.getLogger(__name__)

SUBJECT = "Something is waiting for you"
MOST_ATTEMPTS = 12
MOST_AT_ONCE = 200
WAITS = (1, 2, 5, 15, 60)  # minutes until the next try
SECONDS = 20
CLAIMED = timedelta(minutes=10)  # nobody else sends what is claimed; after that its sender is gone
LONGEST = 240  # seconds of sending on one claim; well within it
URGENT = (Template.REFERRAL_URGENT, Template.GLASS_BROKEN, Template.GLASS_ASKED)
# by where the link leads
TEXTS = {"join": "invitation.txt", "start": "start.txt", "go": "prompt.txt", "forgotten": "forgotten.txt"}
TO_HEAR = (AgendaItemState.LISTED, AgendaItemState.IN_PROGRESS)  # nothing is asked of a case once it was heard
ASKING = (MeetingState.PUBLISHED, MeetingState.RESEARCH_CLOSED, MeetingState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every message of a deployment shares: the neutral name, the address to sign in at, and the sender."""

    service_name: str
    base_url: str
    sender: str = ""

    @property
    def host(self) -> str:
        """The name after the @ of sender and Message-ID."""
        return urlsplit(self.base_url).hostname or "localhost"

    def written_by(self) -> str:
        """The sender's address: as set in the SMTP address, or no-reply at the service's own name."""
        return self.sender or f"no-reply@{self.host}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One e-mail to one person, for one or more messages of the outbox. Not shown in logs: it holds their address."""

    message_ids: tuple[UUID, ...]
    mail: EmailMessage = field(repr=False)


def enqueue(
    session: Session,
    partnership_id: UUID,
    user_ids: Iterable[UUID],
    template: Template,
    *,
    subject_key: str,
    path: str = "/today",
    due_at: datetime | None = None,
    about_at: datetime | None = None,
) -> int:
    """Queue one prompt per user, once per (user, template, subject); returns how many are new.

    `subject_key` is an opaque id that makes a second call for the same thing do nothing; `path`: where /go leads;
    `about_at`: by when the thing is due that a reminder speaks of.
    """
    wanted = set(user_ids)
    have = set(
        session.scalars(
            select(Message.user_id).where(
                Message.template == template, Message.subject_key == subject_key, Message.user_id.in_(wanted)
            )
        )
    )
    now = clock.now()
    for user_id in sorted(wanted - have):
        session.add(
            Message(
                partnership_id=partnership_id, user_id=user_id, template=template, subject_key=subject_key, path=path,
                go_token=secrets.token_urlsafe(32), enqueued_at=now, due_at=due_at or now, about_at=about_at,
            )
        )  # fmt: skip
    return len(wanted - have)


def claim(
    session: Session, partnership_id: UUID, letterhead: Letterhead, own_link: Callable[[Message], str]
) -> list[Prompt]:
    """Take the messages that are due, one e-mail per person; for ten minutes they are the caller's alone to send.

    What was bundled once stays one e-mail under one Message-ID, however often it is tried.

    `own_link` answers with the path of a link for one person alone, which is never stored: to set up an account, or to
    the one referral of somebody outside; with nothing for everybody else. The caller commits before sending.
    """
    due = _due(session, partnership_id)
    addresses = _addresses(session, partnership_id, {message.user_id for message in due})
    new: dict[object, str] = defaultdict(lambda: secrets.token_hex(16))
    bundles: dict[str, list[Message]] = defaultdict(list)
    for message in due:
        message.due_at = clock.now() + CLAIMED
        alone = message.template in (Template.INVITATION, Template.PASSWORD_LINK)
        message.mail_key = message.mail_key or new[message.id if alone else message.user_id]
        bundles[message.mail_key].append(message)
    return [
        _prompt(session, bundle, addresses[bundle[0].user_id], letterhead, own_link)
        for bundle in bundles.values()
        if bundle[0].user_id in addresses
    ]


def deliver(smtp_url: str, prompts: Iterable[Prompt], taken: Callable[[Prompt], object]) -> None:
    """Send by SMTP and tell `taken` of each e-mail at once when the server took it. What fails is tried again later.

    smtp://user:password@host:port (STARTTLS, unless the host is this machine or ?starttls=never), or smtps://.
    """
    begun = time.monotonic()
    try:
        with _connected(smtp_url) as server:
            for prompt in prompts:
                if time.monotonic() - begun < LONGEST and _sent(server, prompt):
                    taken(prompt)
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("mail_server_away", extra={"error": type(problem)})


def mark_sent(session: Session, message_ids: Iterable[UUID]) -> list[Message]:
    """Note that the mail server took these."""
    sent = list(session.scalars(select(Message).where(Message.id.in_(list(message_ids)), Message.sent_at.is_(None))))
    for message in sent:
        message.sent_at = clock.now()
    return sent


def put_off(session: Session, message_ids: Iterable[UUID]) -> None:
    """The mail server did not take these: they are tried again, later and later. A sender that died is no try."""
    for message in session.scalars(select(Message).where(Message.id.in_(list(message_ids)), Message.sent_at.is_(None))):
        message.attempts += 1
        message.due_at = clock.now() + timedelta(minutes=WAITS[min(message.attempts, len(WAITS)) - 1])


def waiting() -> tuple[ColumnElement[bool], ...]:
    """Unsent and due; also what was queued before the clock was put back. Not what was tried too often."""
    now = clock.now()
    due = or_(Message.due_at <= now, and_(Message.mail_key.is_(None), Message.enqueued_at > now))
    return (Message.sent_at.is_(None), Message.attempts < MOST_ATTEMPTS, due)


def given_up() -> tuple[ColumnElement[bool], ...]:
    """Tried so often that nobody will be told: somebody has to look (`marac doctor`)."""
    return (Message.sent_at.is_(None), Message.attempts >= MOST_ATTEMPTS)


def sender_in(smtp_url: str) -> str:
    """The sender named in an SMTP address (?from=casework@example.org), or nothing."""
    return parse_qs(urlsplit(smtp_url).query).get("from", [""])[0]


def _due(session: Session, partnership_id: UUID) -> list[Message]:
    """Unsent, due, to somebody who may still come in."""
    query = select(Message).join(User, User.id == Message.user_id)
    query = query.where(Message.partnership_id == partnership_id, *waiting())
    may_enter = or_(User.state == UserState.ACTIVE, Message.template == Template.INVITATION)
    rows = query.where(may_enter, User.state != UserState.SUSPENDED).order_by(Message.enqueued_at, Message.id)
    return list(session.scalars(rows.limit(MOST_AT_ONCE).with_for_update(of=Message, skip_locked=True)))


def _addresses(session: Session, partnership_id: UUID, user_ids: set[UUID]) -> dict[UUID, str]:
    """E-mail addresses, opened for sending mail alone."""
    if not user_ids:
        return {}
    access.open_staff_for("mail", partnership_id)
    rows = session.execute(select(*sealed_columns(User, "staff"), User.id).where(User.id.in_(user_ids))).all()
    return {
        row.id: who["email"] for row, who in zip(rows, open_many(User, "staff", rows), strict=True) if who.get("email")
    }


def _prompt(
    session: Session, bundle: list[Message], address: str, letterhead: Letterhead, own_link: Callable[[Message], str]
) -> Prompt:
    first = min(bundle, key=lambda message: (message.template not in URGENT, message.enqueued_at))
    first.path = _leads_to(bundle)
    path = own_link(first) or f"/go/{first.go_token}"
    words = {"lines": "\n".join(_lines(session, bundle)), "link": f"{letterhead.base_url}{path}"}
    text = Text(Path(TEMPLATES, "email", TEXTS[path.split("/")[1]]).read_text("utf-8"))
    ids = tuple(sorted(message.id for message in bundle))
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = SUBJECT, letterhead.written_by(), address
    mail["Message-ID"] = f"<{first.mail_key}@{letterhead.host}>"
    mail["Date"], mail["Auto-Submitted"] = format_datetime(clock.now()), "auto-generated"
    mail.set_content(text.substitute(words, service_name=letterhead.service_name))
    return Prompt(ids, mail)


def _leads_to(bundle: list[Message]) -> str:
    """Where the one link of a mail leads: to the thing, or to the list when the mail tells of several."""
    paths = {message.path for message in bundle}
    if len(paths) == 1:
        return paths.pop()
    lists = {path.split("/")[1] for path in paths}
    return "/actions" if lists == {"actions"} else "/today"


def _lines(session: Session, bundle: list[Message]) -> list[str]:
    """What waits in fixed words, urgent first, and how much by when. Counts are of what this person may see."""
    counts = Counter(message.template for message in bundle if message.about_at is None)
    reminded = _reminder_words([message.about_at for message in bundle if message.about_at is not None])
    words = [f"{template.label}{f' ({number})' if number > 1 else ''}." for template, number in counts.items()]
    urgent = ["Urgent: please sign in today."] if any(template in URGENT for template in counts) else []
    return [*urgent, *reminded, *words, *_work_by_when(session, bundle[0].user_id)]


def _reminder_words(due: list[datetime]) -> list[str]:
    """Reminder: 3 things are due, 1 late. The first by 5pm on Thursday 26 November."""
    if not due:
        return []
    now = clock.now()
    late, coming = sum(at < now for at in due), sorted(at for at in due if at >= now)
    parts = [f"{_things(len(coming))} due", f"{late} late"] if coming and late else []
    parts = parts or [f"{_things(late)} late" if late else f"{_things(len(coming))} due"]
    first = f" The first by {_hour(coming[0])} on {_day(clock.to_london(coming[0]).date())}." if coming else ""
    return [f"Reminder: {', '.join(parts)}.{first}"]


def _things(number: int) -> str:
    return f"{number} {'thing is' if number == 1 else 'things are'}"


def _hour(at: datetime) -> str:
    local = clock.to_london(at)
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def _work_by_when(session: Session, user_id: UUID) -> list[str]:
    days: list[date] = []
    answers: list[datetime] = []
    for actor in _standing(session, user_id):
        rule = access.rule(actor, Permission.ACTION_UPDATE, Action)
        days += session.scalars(select(Action.due_on).where(rule, Action.state.in_(LIVE_ACTIONS)))
        asked = access.rule(actor, Permission.RESEARCH_WRITE, Research)
        answers += session.scalars(
            select(Research.due_at)
            .join(AgendaItem, AgendaItem.id == Research.item_id)
            .join(Meeting, Meeting.id == AgendaItem.meeting_id)
            .where(asked, Research.state.in_(UNANSWERED), AgendaItem.state.in_(TO_HEAR), Meeting.state.in_(ASKING))
        )
    return [*_actions_words(days), *_answers_words(answers)]


def _standing(session: Session, user_id: UUID) -> list[Actor]:
    """The person in each membership that counts today."""
    today = clock.today()
    held = select(Membership).where(Membership.user_id == user_id, Membership.from_on <= today)
    rows = session.scalars(held.where(or_(Membership.to_on.is_(None), Membership.to_on >= today)))
    return [
        Actor(
            one.partnership_id,
            one.role,
            user_id,
            one.agency_id,
            frozenset([one.programme] if one.programme else ProgrammeSlug),
            on_behalf=one.on_behalf_of_id,
        )
        for one in rows
    ]


def _actions_words(days: list[date]) -> list[str]:
    today = clock.today()
    late, next_on = sum(day < today for day in days), min((day for day in days if day >= today), default=None)
    late_words = [f"Overdue actions: {late}."] if late else []
    return late_words + ([f"Next action due: {_day(next_on)}."] if next_on else [])


def _answers_words(due: list[datetime]) -> list[str]:
    if not due:
        return []
    number, by = len(due), clock.to_london(min(due)).date()
    minutes = max(1, round(number / 3))
    return [f"Answers to give: {number}, by {_day(by)}. This takes about {minutes} minute{'s' if minutes > 1 else ''}."]


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


@contextmanager
def _connected(smtp_url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(smtp_url)
    host, safe = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=safe)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
    with server:
        here = host in ("localhost", "127.0.0.1", "::1")
        if parts.scheme == "smtp" and not here and parse_qs(parts.query).get("starttls") != ["never"]:
            server.starttls(context=safe)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _sent(server: smtplib.SMTP, prompt: Prompt) -> bool:
    try:
        return not server.send_message(prompt.mail)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        log.warning("mail_refused", extra={"error": type(refused)})
        return False
