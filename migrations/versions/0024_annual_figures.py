"""Figures of the annual partnership report: typed ones with their source, and years as they were published."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KIND_CHECK = "ck_issued_document_document_kind"


def upgrade() -> None:
    _allow([*_allowed(), "case_list"])
    op.create_table(
        "entered_figure",
        *_every("entered_figure"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("value", sa.String(20), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("period", sa.String(80), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        _key("entered_figure", "entered_by_id", "user_account"),
    )
    op.create_index("ix_entered_figure_of", "entered_figure", ["partnership_id", "year", "key"])
    op.create_table(
        "published_year",
        *_every("published_year"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        _key("published_year", "published_by_id", "user_account"),
        sa.UniqueConstraint(
            "partnership_id", "year", "number", name=op.f("uq_published_year_partnership_id_year_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("published_year")
    op.drop_table("entered_figure")
    op.execute("DELETE FROM issued_document WHERE kind = 'case_list'")
    _allow([kind for kind in _allowed() if kind != "case_list"])


def _allowed() -> list[str]:
    """The kinds that a document may be so far, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints("issued_document"):
        if check["name"] == KIND_CHECK:
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
    raise LookupError(KIND_CHECK)


def _allow(kinds: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{kind}'" for kind in dict.fromkeys(kinds))
    with op.batch_alter_table("issued_document") as rows:
        rows.drop_constraint(op.f(KIND_CHECK), type_="check")
        rows.create_check_constraint(op.f(KIND_CHECK), f"kind IN ({listed})")


def _every(table: str) -> list[sa.schema.SchemaItem]:
    """The columns and constraints that every record has."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        _key(table, "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
