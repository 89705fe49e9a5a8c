"""Versions of minutes frozen page by page, and the register of documents that were made."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = ("agenda", "brief", "minutes", "actions", "attendance", "research", "referral")
REASONS = ("room", "own_records", "own_file", "court")
STATES = ("released", "recalled")
AT = sa.DateTime(timezone=True)


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def word(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def born() -> tuple[sa.Column, ...]:
    """What every row has."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
    )


def keys(table: str, **to: str) -> tuple[sa.Constraint, ...]:
    """Primary key, and a foreign key for each column named."""
    foreign = {"partnership_id": "partnership", **to}
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in foreign.items()
        ),
    )


def upgrade() -> None:
    grow_minutes()
    op.create_table(
        "minutes_version",
        *born(),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", AT, nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("issued_at", AT, nullable=True),
        sa.Column("recalled_at", AT, nullable=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sealed("staff_sealed", "ck_minutes_version_staff_sealed"),
        *keys("minutes_version", minutes_id="minutes", submitted_by_id="user_account", approved_by_id="user_account"),
        sa.UniqueConstraint("minutes_id", "number", name=op.f("uq_minutes_version_minutes_id_number")),
    )
    op.create_table(
        "minutes_page",
        *born(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("minutes_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("minutes_sealed", sa.LargeBinary(), nullable=False),
        sealed("minutes_sealed", "ck_minutes_page_minutes_sealed"),
        *keys("minutes_page", case_id="case_file", minutes_id="minutes", item_id="agenda_item"),
        sa.UniqueConstraint("minutes_id", "number", "item_id", name=op.f("uq_minutes_page_minutes_id_number_item_id")),
    )
    op.create_index(op.f("ix_minutes_page_case_id"), "minutes_page", ["case_id"])
    op.create_table(
        "issued_document",
        *born(),
        sa.Column("meeting_id", sa.Uuid(), nullable=True),
        sa.Column("minutes_number", sa.Integer(), nullable=True),
        sa.Column("kind", word(KINDS, "document_kind"), nullable=False),
        sa.Column("state", word(STATES, "document_state"), nullable=False),
        sa.Column("copy_number", sa.String(length=4), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("reason", word(REASONS, "document_reason"), nullable=True),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("destroy_on", sa.Date(), nullable=False),
        sa.Column("recalled_at", AT, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        *keys("issued_document", meeting_id="meeting", agency_id="agency", user_id="user_account"),
        sa.UniqueConstraint(
            "partnership_id", "copy_number", name=op.f("uq_issued_document_partnership_id_copy_number")
        ),
    )
    op.create_index("ix_issued_document_of", "issued_document", ["meeting_id", "made_at"])


def grow_minutes() -> None:
    """In place: a copied table would lose the CHECKs of its words on SQLite."""
    id_type = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.add_column("minutes", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("minutes", sa.Column("issued_number", sa.Integer(), nullable=True))
    op.add_column("minutes", sa.Column("recalled_at", AT, nullable=True))
    op.add_column("minutes", sa.Column("actions_sent_at", AT, nullable=True))
    op.execute(
        f"ALTER TABLE minutes ADD COLUMN submitted_by_id {id_type} "
        "CONSTRAINT fk_minutes_submitted_by_id_user_account REFERENCES user_account (id)"
    )


def downgrade() -> None:
    for table in ("issued_document", "minutes_page", "minutes_version"):
        op.drop_table(table)
    for column in ("submitted_by_id", "actions_sent_at", "recalled_at", "issued_number", "number"):
        op.drop_column("minutes", column)
