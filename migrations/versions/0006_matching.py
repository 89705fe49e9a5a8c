"""Person matching: tokens are kept in their own order, without an id that tells when; possible matches to decide."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_person_token_token", "person_token")
        op.drop_column("person_token", "id")
        op.create_primary_key("pk_person_token", "person_token", ["partnership_id", "token", "person_id"])
    else:
        _in_order("person_token_in_order")
    op.create_table(
        "possible_match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_person_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_person_id"],
            ["case_person.id"],
            name="fk_possible_match_other_person_id_case_person",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name="fk_possible_match_partnership_id_partnership"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["case_person.id"], name="fk_possible_match_person_id_case_person", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_possible_match"),
        sa.UniqueConstraint("person_id", "other_person_id", name="uq_possible_match_person_id_other_person_id"),
    )
    op.create_index("ix_possible_match_other_person_id", "possible_match", ["other_person_id"])


def downgrade() -> None:
    """Tokens go: they are rebuilt from the sealed values by `marac index rebuild`."""
    op.drop_index("ix_possible_match_other_person_id", "possible_match")
    op.drop_table("possible_match")
    op.drop_index("ix_person_token_person_id", "person_token")
    op.drop_table("person_token")
    op.create_table(
        "person_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_person_token"),
    )
    op.create_index("ix_person_token_person_id", "person_token", ["person_id"])
    op.create_index("ix_person_token_token", "person_token", ["partnership_id", "token"])


def _in_order(name: str) -> None:
    """SQLite: the same rows in a table that is its own index."""
    key = sa.PrimaryKeyConstraint("partnership_id", "token", "person_id", name="pk_person_token")
    op.create_table(name, *_columns(), key, sqlite_with_rowid=False)
    op.execute(
        f"insert or ignore into {name} select partnership_id, token, person_id from person_token"  # noqa: S608
        " order by partnership_id, token, person_id"
    )
    op.drop_index("ix_person_token_token", "person_token")
    op.drop_index("ix_person_token_person_id", "person_token")
    op.drop_table("person_token")
    op.rename_table(name, "person_token")
    op.create_index("ix_person_token_person_id", "person_token", ["person_id"])


def _columns() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=8), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name="fk_person_token_partnership_id_partnership"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["case_person.id"], name="fk_person_token_person_id_case_person"),
    )
