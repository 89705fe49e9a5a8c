"""What the address check found, and who overrode it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LEAVING = ("minutes", "actions", "pack", "letter", "job", "transfer", "export", "disclosure", "message")


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def upgrade() -> None:
    table = "address_override"
    words = sa.Enum(*LEAVING, name="leaving_as", native_enum=False, create_constraint=True, length=40)
    to = {"partnership_id": "partnership", "case_id": "case_file", "overridden_by_id": "user_account"}
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("leaving_as", words, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("overridden_by_id", sa.Uuid(), nullable=False),
        sa.Column("overridden_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes_sealed", sa.LargeBinary(), nullable=False),
        sealed("minutes_sealed", "ck_address_override_minutes_sealed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_override")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for column, other in to.items()
        ),
    )
    op.create_index(op.f("ix_address_override_case_id"), table, ["case_id"])
    op.create_index("ix_address_override_of", table, ["subject_id", "number"])


def downgrade() -> None:
    op.drop_table("address_override")
