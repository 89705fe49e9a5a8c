"""The disclosure register, the passages of an answer, holds on cases; a restricted case's minutes go out by two."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PROGRAMMES = ("da_marac", "community_marac", "sanctuary")
KINDS = ("subject_access", "court", "police", "death_review", "solicitor", "health", "other")
STATES = ("received", "prepared", "agreed", "released", "refused", "withdrawn")
ANSWERS = ("neither", "passages", "nothing")
SOURCES = (
    "person", "case", "referral", "assessment", "incident", "research", "minutes", "action", "contact", "paper",
)  # fmt: skip
APPROVALS = ("not_needed", "not_asked", "asked", "agreed", "objected")
HOLDS = ("death_review", "subject_access", "court", "police", "complaint")
DOCUMENTS = ("disclosure", "disclosure_letter", "chronology")
CHECK = "ck_issued_document_document_kind"


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def day(name, *, null=False):
    return sa.Column(name, sa.Date(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def whole(name):
    return sa.Column(name, sa.Integer(), nullable=False)


def word(name, kind, words, *, null=False):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=null
    )


def sealed(table, column):
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    yield sa.Column(column, sa.LargeBinary(), nullable=False)
    first = f"get_byte({column},0)=197" if on_postgres else f"hex(substr({column},1,1))='C5'"
    yield sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))


def to(table, column, target):
    """A foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def table(name, *parts):
    op.create_table(
        name, ident("id"), whole("version_id"), ident("partnership_id"), *parts,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")), to(name, "partnership_id", "partnership"),
    )  # fmt: skip


def upgrade() -> None:
    _register()
    _passages()
    _papers()
    table(
        "page_check", ident("document_id"), whole("page"), whole("found"),
        sa.Column("overridden", sa.Boolean(), nullable=False, server_default=sa.false()),
        moment("checked_at", null=False), to("page_check", "document_id", "issued_document"),
        sa.UniqueConstraint("document_id", "page", name=op.f("uq_page_check_document_id_page")),
    )  # fmt: skip
    table(
        "case_hold", ident("case_id"), word("reason", "hold_reason", HOLDS),
        sa.Column("locks", sa.Boolean(), nullable=False), moment("since_at", null=False), ident("set_by_id"),
        moment("lifted_at"), ident("lifted_by_id", null=True), *sealed("case_hold", "register_sealed"),
        to("case_hold", "case_id", "case_file"), to("case_hold", "set_by_id", "user_account"),
        to("case_hold", "lifted_by_id", "user_account"),
    )  # fmt: skip
    op.create_index(op.f("ix_case_hold_case_id"), "case_hold", ["case_id"])


def _register() -> None:
    people = ("recorded_by_id", "prepared_by_id", "agreed_by_id", "released_by_id")
    table(
        "disclosure", word("programme", "programme_slug", PROGRAMMES),
        sa.Column("reference", sa.String(length=7), nullable=False), word("kind", "disclosure_kind", KINDS),
        word("state", "disclosure_state", STATES), day("received_on"), day("due_on"), day("extended_on", null=True),
        word("answer", "disclosure_answer", ANSWERS, null=True), whole("passages_version"),
        *(ident(one, null=one != "recorded_by_id") for one in people), moment("released_at"),
        *sealed("disclosure", "register_sealed"), *(to("disclosure", one, "user_account") for one in people),
        sa.UniqueConstraint("reference", name=op.f("uq_disclosure_reference")),
    )  # fmt: skip
    op.create_index("ix_disclosure_due", "disclosure", ["partnership_id", "state", "due_on"])
    table(
        "disclosure_case", ident("disclosure_id"), ident("case_id"), moment("gathered_at"),
        *sealed("disclosure_case", "disclosed_sealed"), to("disclosure_case", "disclosure_id", "disclosure"),
        to("disclosure_case", "case_id", "case_file"),
        sa.UniqueConstraint("disclosure_id", "case_id", name=op.f("uq_disclosure_case_disclosure_id_case_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_disclosure_case_case_id"), "disclosure_case", ["case_id"])


def _passages() -> None:
    name = "disclosure_passage"
    table(
        name, ident("disclosure_id"), ident("case_id"), ident("agency_id", null=True), ident("owner_id"),
        whole("position"), whole("part"), word("source", "passage_source", SOURCES), ident("source_id"),
        day("said_on", null=True), word("approval", "passage_approval", APPROVALS), moment("answered_at"),
        ident("answered_by_id", null=True), *sealed(name, "disclosed_sealed"), to(name, "disclosure_id", "disclosure"),
        to(name, "case_id", "case_file"), to(name, "agency_id", "agency"), to(name, "answered_by_id", "user_account"),
    )  # fmt: skip
    op.create_index("ix_disclosure_passage_order", name, ["disclosure_id", "position", "part"])
    op.create_index(op.f("ix_disclosure_passage_case_id"), name, ["case_id"])


def _papers() -> None:
    """Copies of answers are numbered in the one register of copies; a restricted case's minutes go out by two."""
    with op.batch_alter_table("issued_document") as issued:
        for column, target in (("disclosure_id", "disclosure"), ("of_case_id", "case_file")):
            issued.add_column(ident(column, null=True))
            issued.create_foreign_key(op.f(f"fk_issued_document_{column}_{target}"), target, [column], ["id"])
            issued.create_index(op.f(f"ix_issued_document_{column}"), [column])
    _allow([*_allowed(), *DOCUMENTS])
    for name, column in (("minutes_version", "issued_by_id"), ("minutes_page", "released_by_id")):
        _user(name, column)
    op.add_column("minutes_page", moment("released_at"))


def _user(name: str, column: str) -> None:
    """In place: a copied table would lose the CHECK of its sealed column on SQLite."""
    id_type = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE {name} ADD COLUMN {column} {id_type} "
        f"CONSTRAINT fk_{name}_{column}_user_account REFERENCES user_account (id)"
    )


def _allowed() -> list[str]:
    """What may stand there before, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints("issued_document"):
        if str(check["name"]).startswith("ck_issued_document_") and "kind IN" in check["sqltext"].replace('"', ""):
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
        if str(check["name"]) == CHECK:
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
    raise LookupError(CHECK)


def _allow(words: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{one}'" for one in dict.fromkeys(words))
    with op.batch_alter_table("issued_document") as rows:
        rows.drop_constraint(op.f(CHECK), type_="check")
        rows.create_check_constraint(op.f(CHECK), f"kind IN ({listed})")


def downgrade() -> None:
    for column in ("released_at", "released_by_id"):
        op.drop_column("minutes_page", column)
    op.drop_column("minutes_version", "issued_by_id")
    for name in ("page_check", "case_hold", "disclosure_passage", "disclosure_case"):
        op.drop_table(name)
    listed = ", ".join(f"'{kind}'" for kind in DOCUMENTS)
    op.execute(f"DELETE FROM issued_document WHERE kind IN ({listed})")  # noqa: S608 - our own words
    _allow([kind for kind in _allowed() if kind not in DOCUMENTS])
    with op.batch_alter_table("issued_document") as issued:
        for column, target in (("of_case_id", "case_file"), ("disclosure_id", "disclosure")):
            issued.drop_index(op.f(f"ix_issued_document_{column}"))
            issued.drop_constraint(op.f(f"fk_issued_document_{column}_{target}"), type_="foreignkey")
            issued.drop_column(column)
    op.drop_table("disclosure")
