"""Retention, holds and erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

PROGRAMMES = ("da_marac", "community_marac", "sanctuary")
STATES = ("counting", "proposed", "cooling", "erasing", "erased")
BASES = ("closed_case", "not_heard", "child", "measures", "scheme", "kept_longer")
HOLDS = ("death_review", "court", "subject_access", "complaint")


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def day(name, *, null=True):
    return sa.Column(name, sa.Date(), nullable=null)


def word(name, kind, words, *, null=False):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=null
    )


def sealed(table, column):
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = f"hex(substr({column},1,1))='C5'"
    if op.get_bind().dialect.name == "postgresql":
        first = f"get_byte({column},0)=197"
    yield sa.Column(column, sa.LargeBinary(), nullable=False)
    yield sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))


def table(name, *parts, to, versioned=True):
    """A table with id and partnership; `to` maps a column to the table it points at."""
    version = (sa.Column("version_id", sa.Integer(), nullable=False),) if versioned else ()
    keys = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{name}_{column}_{target}"))
        for column, target in {"partnership_id": "partnership", **to}.items()
    ]
    op.create_table(
        name, ident("id"), *version, ident("partnership_id"), *parts, *keys,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def unique(name, *columns):
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{name}_{'_'.join(columns)}"))


def upgrade() -> None:
    case, user = "case_file", "user_account"
    table(
        "retention", ident("case_id"), word("programme", "programme_slug", PROGRAMMES),
        word("state", "retention_state", STATES), word("basis", "retention_basis", BASES, null=True),
        day("ended_on"), day("retain_until"), day("kept_until"), ident("proposed_by_id", null=True),
        moment("proposed_at"), ident("approved_by_id", null=True), moment("approved_at"), day("erase_on"),
        moment("erased_at"), sa.Column("keys_erased", sa.Integer()), sa.Column("certificate", sa.String(length=7)),
        unique("retention", "case_id"), unique("retention", "certificate"),
        to={"case_id": case, "proposed_by_id": user, "approved_by_id": user},
    )  # fmt: skip
    op.create_index("ix_retention_list", "retention", ["partnership_id", "state", "retain_until"])
    table(
        "kept_longer", ident("case_id"), day("until_on", null=False), moment("decided_at", null=False),
        ident("decided_by_id", null=True), *sealed("kept_longer", "retention_sealed"),
        to={"case_id": case, "decided_by_id": user},
    )  # fmt: skip
    op.create_index(op.f("ix_kept_longer_case_id"), "kept_longer", ["case_id"])
    table(
        "legal_hold", ident("case_id"), word("kind", "hold_kind", HOLDS), moment("placed_at", null=False),
        ident("placed_by_id", null=True), day("review_on", null=False), moment("lifted_at"),
        ident("lifted_by_id", null=True), *sealed("legal_hold", "retention_sealed"),
        to={"case_id": case, "placed_by_id": user, "lifted_by_id": user},
    )  # fmt: skip
    op.create_index(op.f("ix_legal_hold_case_id"), "legal_hold", ["case_id"])
    table(
        "erasure_entry", ident("case_id"), sa.Column("kind", sa.String(length=20), nullable=False), ident("owner"),
        moment("entered_at", null=False), unique("erasure_entry", "kind", "owner"), to={"case_id": case},
        versioned=False,
    )  # fmt: skip
    op.create_index(op.f("ix_erasure_entry_case_id"), "erasure_entry", ["case_id"])
    parts = ("partnership_id", "programme", "year", "measure", "part")
    table(
        "erased_figure", word("programme", "programme_slug", PROGRAMMES),
        sa.Column("year", sa.Integer(), nullable=False), sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=60), nullable=False), sa.Column("number", sa.Integer(), nullable=False),
        unique("erased_figure", *parts), to={}, versioned=False,
    )  # fmt: skip


def downgrade() -> None:
    for name in ("erased_figure", "erasure_entry", "legal_hold", "kept_longer", "retention"):
        op.drop_table(name)
