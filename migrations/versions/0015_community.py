"""The Community MARAC: incidents each once, which panel leads a household, cases under review."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WIDER = (
    ("case_file", "state", "ck_case_file_case_state", ("actions_open", "review_due"), "heard"),
    ("case_agency", "basis", "ck_case_agency_involvement_basis", ("perpetrator_side",), "consulted"),
)
PROGRAMMES = ("da_marac", "community_marac", "sanctuary")
ANSWERS = ("here", "there", "both", "not_the_same")


def upgrade() -> None:
    op.create_table(
        "case_incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("risk_sealed", sa.LargeBinary(), nullable=False),
        sealed("risk_sealed", "ck_case_incident_risk_sealed"),
        _key("case_incident", "partnership_id", "partnership"),
        _key("case_incident", "case_id", "case_file"),
        _key("case_incident", "referral_id", "referral"),
        _key("case_incident", "recorded_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_incident")),
    )
    op.create_index(op.f("ix_case_incident_case_id"), "case_incident", ["case_id"])
    op.create_index(op.f("ix_case_incident_referral_id"), "case_incident", ["referral_id"])
    op.create_table(
        "routing_question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("pair_id", sa.Uuid(), nullable=False),
        sa.Column("other_programme", _words("programme_slug", PROGRAMMES), nullable=False),
        sa.Column("asked_here", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", _words("routing_answer", ANSWERS), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        _key("routing_question", "partnership_id", "partnership"),
        _key("routing_question", "case_id", "case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_question")),
    )
    op.create_index(op.f("ix_routing_question_case_id"), "routing_question", ["case_id"])
    op.create_index(op.f("ix_routing_question_pair_id"), "routing_question", ["pair_id"])
    op.add_column("case_file", sa.Column("review_on", sa.Date(), nullable=True))
    for table, column, check, words, _instead in WIDER:
        _allow(table, column, check, [*_allowed(table, check), *words])


def downgrade() -> None:
    for table, column, check, words, instead in WIDER:
        op.get_bind().execute(
            sa.text(f"UPDATE {table} SET {column} = :instead WHERE {column} IN :words").bindparams(  # noqa: S608
                sa.bindparam("words", words, expanding=True), instead=instead
            )
        )
        _allow(table, column, check, [word for word in _allowed(table, check) if word not in words])
    op.drop_column("case_file", "review_on")
    op.drop_table("routing_question")
    op.drop_table("case_incident")


def sealed(column: str, name: str) -> sa.CheckConstraint:
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    first = (
        f"get_byte({column},0)=197" if op.get_bind().dialect.name == "postgresql" else f"hex(substr({column},1,1))='C5'"
    )
    return sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(name))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _allowed(table: str, check: str) -> list[str]:
    """The words that a column may hold so far, as the table itself says."""
    for held in sa.inspect(op.get_bind()).get_check_constraints(table):
        if held["name"] == check:
            return re.findall(r"'([a-z_]+)'", held["sqltext"])
    raise LookupError(check)


def _allow(table: str, column: str, check: str, words: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{word}'" for word in dict.fromkeys(words))
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(op.f(check), type_="check")
        changed.create_check_constraint(op.f(check), f"{column} IN ({listed})")
