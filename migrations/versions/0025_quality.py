"""Audits of a sample of cases against the ten principles."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

PROGRAMMES = ("da_marac", "community_marac", "sanctuary")
STATES = ("open", "closed")


def upgrade() -> None:
    _table(
        "sample_audit",
        _word("programme", "programme_slug", PROGRAMMES),
        _word("state", "sample_state", STATES),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("drawn_by_id", sa.Uuid(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        *_sealed("sample_audit", "staff_sealed"),
        to={"drawn_by_id": "user_account", "closed_by_id": "user_account"},
    )
    op.create_index("ix_sample_audit_of", "sample_audit", ["partnership_id", "programme", "last_on"])
    _table(
        "sampled_case",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        *_sealed("sampled_case", "minutes_sealed"),
        sa.UniqueConstraint("audit_id", "case_id", name=op.f("uq_sampled_case_audit_id_case_id")),
        to={"audit_id": "sample_audit", "case_id": "case_file", "reviewed_by_id": "user_account"},
    )
    op.create_index(op.f("ix_sampled_case_case_id"), "sampled_case", ["case_id"])


def downgrade() -> None:
    op.drop_table("sampled_case")
    op.drop_table("sample_audit")


def _word(name: str, kind: str, words: tuple[str, ...]) -> sa.Column[str]:
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=False
    )


def _sealed(table: str, column: str) -> tuple[sa.schema.SchemaItem, ...]:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = f"hex(substr({column},1,1))='C5'"
    if op.get_bind().dialect.name == "postgresql":
        first = f"get_byte({column},0)=197"
    check = sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, sa.LargeBinary(), nullable=False), check


def _table(name: str, *parts: sa.schema.SchemaItem, to: dict[str, str]) -> None:
    """A table with the columns and keys that every record has."""
    keys = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{name}_{column}_{target}"))
        for column, target in {"partnership_id": "partnership", **to}.items()
    ]
    op.create_table(
        name, sa.Column("id", sa.Uuid(), nullable=False), sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False), *parts, *keys,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
