"""A message may be a reminder of something due, and keeps the e-mail it went out in at every try."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "ck_message_template"
BEFORE = (
    "invitation", "referral_waiting", "referral_urgent", "referral_decided", "research_asked", "actions_assigned",
    "minutes_ready", "minutes_issued", "flag_asked", "meeting_changed", "agenda_changed",
)  # fmt: skip


def may_be(*words: str) -> None:
    """The templates that a message may name from now on."""
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("message") as batch:
        batch.drop_constraint(op.f(NAME), type_="check")
        batch.create_check_constraint(op.f(NAME), f"template IN ({listed})")


def upgrade() -> None:
    with op.batch_alter_table("message") as batch:
        batch.add_column(sa.Column("mail_key", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("about_at", sa.DateTime(timezone=True), nullable=True))
    may_be(*BEFORE, "reminder", "actions_due", "action_escalated")


def downgrade() -> None:
    op.execute("delete from message where template = 'reminder'")
    may_be(*BEFORE)
    with op.batch_alter_table("message") as batch:
        batch.drop_column("about_at")
        batch.drop_column("mail_key")
