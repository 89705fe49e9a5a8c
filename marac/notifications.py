"""Prompts to sign in: queued in the transaction, sent after it. A message never carries case detail.

Refuses to hold a name, a reference, an agency, a programme or a place: it says fixed words, counts and dates (DA-2).
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import clock
from marac.models import Message
from marac.vocabulary import Template


def enqueue(
    session: Session,
    partnership_id: UUID,
    user_ids: Iterable[UUID],
    template: Template,
    *,
    subject_key: str,
    path: str = "/today",
    due_at: datetime | None = None,
) -> int:
    """Queue one prompt per user, once per (user, template, subject); returns how many are new.

    `subject_key` is an opaque id that makes a second call for the same thing do nothing; `path`: where /go leads.
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
                go_token=secrets.token_urlsafe(32), enqueued_at=now, due_at=due_at or now,
            )
        )  # fmt: skip
    return len(wanted - have)
