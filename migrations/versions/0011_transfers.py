"""After the meeting: who tells the person, and cases that go from one area to another; meetings without a room."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = ("routine", "extra", "emergency")


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def upgrade() -> None:
    op.create_table(
        "area_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.String(length=200), nullable=False),
        sa.Column("private_part", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_area_key_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_area_key_public_key")),
    )
    op.create_index(op.f("ix_area_key_partnership_id"), "area_key", ["partnership_id"])
    op.create_table(
        "other_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user_account.id"], name=op.f("fk_other_area_added_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["user_account.id"], name=op.f("fk_other_area_checked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_other_area_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_area")),
        sa.UniqueConstraint("partnership_id", "public_key", name=op.f("uq_other_area_partnership_id_public_key")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column(
            "direction",
            sa.Enum("out", "in", name="transfer_direction", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("packet_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keeps_flag", sa.Boolean(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("documents_sealed", sa.LargeBinary(), nullable=False),
        sealed("documents_sealed", "ck_transfer_documents_sealed"),
        sa.ForeignKeyConstraint(["area_id"], ["other_area.id"], name=op.f("fk_transfer_area_id_other_area")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_transfer_case_id_case_file")),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["user_account.id"], name=op.f("fk_transfer_checked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_transfer_made_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_transfer_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_transfer_referral_id_referral")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint(
            "partnership_id", "direction", "packet_id", name=op.f("uq_transfer_partnership_id_direction_packet_id")
        ),
    )
    op.create_index(op.f("ix_transfer_case_id"), "transfer", ["case_id"])
    op.create_table(
        "telling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "not_reached",
                "told",
                "unsafe",
                name="telling_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by_id", sa.Uuid(), nullable=True),
        sa.Column("actions_sealed", sa.LargeBinary(), nullable=False),
        sealed("actions_sealed", "ck_telling_actions_sealed"),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_telling_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_telling_case_id_case_file")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_telling_item_id_agenda_item")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_telling_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by_id"], ["user_account.id"], name=op.f("fk_telling_reported_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling")),
        sa.UniqueConstraint("item_id", name=op.f("uq_telling_item_id")),
    )
    op.create_index(op.f("ix_telling_case_id"), "telling", ["case_id"])
    op.create_index("ix_telling_of", "telling", ["agency_id", "state", "due_at"])
    op.create_table(
        "transfer_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_transfer_file_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_file_transfer_id_transfer")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_transfer_file_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_file")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_transfer_file_transfer_id")),
    )
    _allow(*KINDS, "asynchronous")


def downgrade() -> None:
    op.execute("UPDATE meeting SET kind = 'extra' WHERE kind = 'asynchronous'")
    _allow(*KINDS)
    for table in ("transfer_file", "telling", "transfer", "other_area", "area_key"):
        op.drop_table(table)


def _allow(*kinds: str) -> None:
    """The kinds of meeting there may be. SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("meeting") as meeting:
        meeting.drop_constraint(op.f("ck_meeting_meeting_kind"), type_="check")
        meeting.create_check_constraint(op.f("ck_meeting_meeting_kind"), f"kind IN ({listed})")
