"""Published versions of an agenda and changes after; guests of one case; who agreed a late listing; its message."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BEFORE = (
    "invitation", "referral_waiting", "referral_urgent", "referral_decided", "research_asked", "actions_assigned",
    "minutes_ready", "minutes_issued", "flag_asked", "meeting_changed",
)  # fmt: skip
KINDS = ("added", "taken_off", "deferred", "moved", "minutes")


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def identified(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """What every row has."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        refers(table, "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    op.create_table(
        "agenda_version",
        *identified("agenda_version"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sealed("staff_sealed", "ck_agenda_version_staff_sealed"),
        refers("agenda_version", "meeting_id", "meeting"),
        refers("agenda_version", "published_by_id", "user_account"),
        sa.UniqueConstraint("meeting_id", "number", name=op.f("uq_agenda_version_meeting_id_number")),
    )
    op.create_table(
        "agenda_version_line",
        *identified("agenda_version_line"),
        sa.Column("agenda_version_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("minutes_planned", sa.Integer(), nullable=False),
        sa.Column("agencies", sa.JSON(), nullable=False),
        refers("agenda_version_line", "agenda_version_id", "agenda_version"),
        refers("agenda_version_line", "case_id", "case_file"),
        sa.UniqueConstraint(
            "agenda_version_id", "case_id", name=op.f("uq_agenda_version_line_agenda_version_id_case_id")
        ),
    )
    op.create_index(op.f("ix_agenda_version_line_case_id"), "agenda_version_line", ["case_id"])
    _changes()
    _guests()
    uuid = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    name = "fk_agenda_item_late_approved_by_id_user_account"
    op.execute(
        f"ALTER TABLE agenda_item ADD COLUMN late_approved_by_id {uuid} CONSTRAINT {name} REFERENCES user_account (id)"
    )
    op.add_column("agenda_item", sa.Column("conflict_checked_on", sa.Date(), nullable=True))
    _allow(*BEFORE, "agenda_changed")


def _changes() -> None:
    op.create_table(
        "agenda_change",
        *identified("agenda_change"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="agenda_change_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        refers("agenda_change", "meeting_id", "meeting"),
        refers("agenda_change", "case_id", "case_file"),
        refers("agenda_change", "changed_by_id", "user_account"),
    )
    op.create_index(op.f("ix_agenda_change_meeting_id"), "agenda_change", ["meeting_id"])
    op.create_index(op.f("ix_agenda_change_case_id"), "agenda_change", ["case_id"])


def _guests() -> None:
    op.create_table(
        "agenda_guest",
        *identified("agenda_guest"),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sealed("staff_sealed", "ck_agenda_guest_staff_sealed"),
        refers("agenda_guest", "meeting_id", "meeting"),
        refers("agenda_guest", "case_id", "case_file"),
        refers("agenda_guest", "agency_id", "agency"),
        refers("agenda_guest", "invited_by_id", "user_account"),
    )
    op.create_index(op.f("ix_agenda_guest_meeting_id"), "agenda_guest", ["meeting_id"])
    op.create_index(op.f("ix_agenda_guest_case_id"), "agenda_guest", ["case_id"])


def downgrade() -> None:
    op.execute("DELETE FROM message WHERE template = 'agenda_changed'")
    _allow(*BEFORE)
    op.drop_column("agenda_item", "conflict_checked_on")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_column("agenda_item", "late_approved_by_id")
    else:
        op.execute("ALTER TABLE agenda_item DROP COLUMN late_approved_by_id")
    for table in ("agenda_guest", "agenda_change", "agenda_version_line", "agenda_version"):
        op.drop_table(table)


def _allow(*templates: str) -> None:
    """The messages that may be queued. SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{template}'" for template in templates)
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_template"), type_="check")
        message.create_check_constraint(op.f("ck_message_template"), f"template IN ({listed})")
