"""Series of meetings, rooms and places of each, what was changed about a booked one, and the message that says so."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = (
    "invitation", "referral_waiting", "referral_urgent", "referral_decided", "research_asked", "actions_assigned",
    "minutes_ready", "minutes_issued", "flag_asked",
)  # fmt: skip


def words(name: str, *values: str) -> sa.Enum:
    """A column that holds one of these words; the database refuses any other."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["user_account.id"], name=op.f(f"fk_{table}_{column}_user_account"))


def partnership(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_partnership_id_partnership")
    return sa.ForeignKeyConstraint(["partnership_id"], ["partnership.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "meeting_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("programme", words("programme_slug", "da_marac", "community_marac", "sanctuary"), nullable=False),
        sa.Column("rule", words("series_rule", "nth_weekday", "every_k_weeks", "ad_hoc"), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("nths", sa.JSON(), nullable=False),
        sa.Column("interval_weeks", sa.Integer(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("minutes_per_case", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("place", words("meeting_place", "online", "in_person", "hybrid"), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("chair_id", sa.Uuid(), nullable=True),
        sa.Column("minute_taker_id", sa.Uuid(), nullable=True),
        sa.Column("agencies", sa.JSON(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sealed("staff_sealed", "ck_meeting_series_staff_sealed"),
        partnership("meeting_series"),
        person("meeting_series", "chair_id"),
        person("meeting_series", "minute_taker_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_series")),
    )
    op.create_table(
        "meeting_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("meeting_change_kind", "moved", "cancelled"), nullable=False),
        sa.Column("was_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("now_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sealed("staff_sealed", "ck_meeting_change_staff_sealed"),
        partnership("meeting_change"),
        person("meeting_change", "changed_by_id"),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_change_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_change")),
    )
    op.create_index(op.f("ix_meeting_change_meeting_id"), "meeting_change", ["meeting_id"])
    _widen_meeting()
    _allow(*BEFORE, "meeting_changed")


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE template = 'meeting_changed'")
    _allow(*BEFORE)
    for column in ("sequence", "capacity", "room", "series_id", "minute_taker_id"):
        op.execute(f"ALTER TABLE meeting DROP COLUMN {column}")
    op.drop_table("meeting_change")
    op.drop_table("meeting_series")


def _widen_meeting() -> None:
    """Plain ALTER with the reference inline: both databases take it, and no table is copied."""
    uuid = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    for column, table in (("minute_taker_id", "user_account"), ("series_id", "meeting_series")):
        name = f"fk_meeting_{column}_{table}"
        op.execute(f"ALTER TABLE meeting ADD COLUMN {column} {uuid} CONSTRAINT {name} REFERENCES {table} (id)")
    op.add_column("meeting", sa.Column("room", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("meeting", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column("meeting", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))


def _allow(*templates: str) -> None:
    """The messages that may be queued. SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{template}'" for template in templates)
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_template"), type_="check")
        message.create_check_constraint(op.f("ck_message_template"), f"template IN ({listed})")
