"""Two more messages: an action is due, and an overdue one was escalated. All else of this revision is sealed."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NEW = ("actions_due", "action_escalated")


def upgrade() -> None:
    _allow([*_allowed(), *NEW])


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE template IN ('actions_due', 'action_escalated')")
    _allow([template for template in _allowed() if template not in NEW])


def _allowed() -> list[str]:
    """What may be queued before, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints("message"):
        if check["name"] == "ck_message_template":
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
    raise LookupError("ck_message_template")


def _allow(templates: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{template}'" for template in dict.fromkeys(templates))
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_template"), type_="check")
        message.create_check_constraint(op.f("ck_message_template"), f"template IN ({listed})")
