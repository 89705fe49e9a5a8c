"""Walls, screening of staff and break-glass."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATES = ("provisional", "standing", "lifted")
SOURCES = ("screened", "decided", "declared", "joined")
CATEGORIES = ("danger", "child", "contact", "custody")
MESSAGES = ("glass_broken", "glass_asked", "wall_waiting", "register_due")
PEOPLE = ("decided_by_id", "lift_asked_by_id", "lifted_by_id")


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def word(name, kind, words, *, null=False):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=null
    )


def sealed(table, column):
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    first = f"get_byte({column},0)=197" if on_postgres else f"hex(substr({column},1,1))='C5'"
    yield sa.Column(column, sa.LargeBinary(), nullable=False)
    yield sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))


def to(table, column, target):
    """A foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def table(name, *parts, versioned=True):
    """A table about a case."""
    version = [sa.Column("version_id", sa.Integer(), nullable=False)] if versioned else []
    op.create_table(
        name, ident("id"), *version, ident("partnership_id"), ident("case_id"), *parts,
        to(name, "partnership_id", "partnership"), to(name, "case_id", "case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{name}_case_id"), name, ["case_id"])


def upgrade() -> None:
    _walls()
    table(
        "wall_reason", ident("wall_id"), ident("said_by_id", null=True), moment("said_at", null=False),
        *sealed("wall_reason", "audit_detail_sealed"), to("wall_reason", "wall_id", "wall"),
        to("wall_reason", "said_by_id", "user_account"),
    )  # fmt: skip
    op.create_index(op.f("ix_wall_reason_wall_id"), "wall_reason", ["wall_id"])
    table(
        "restriction", ident("set_by_id"), moment("set_at", null=False),
        sa.Column("review_on", sa.Date(), nullable=False), moment("ended_at"), ident("ended_by_id", null=True),
        *sealed("restriction", "audit_detail_sealed"), to("restriction", "set_by_id", "user_account"),
        to("restriction", "ended_by_id", "user_account"),
    )  # fmt: skip
    table(
        "declaration", ident("meeting_id"), ident("user_id"), moment("declared_at", null=False),
        to("declaration", "meeting_id", "meeting"), to("declaration", "user_id", "user_account"),
        sa.UniqueConstraint(
            "meeting_id", "user_id", "case_id", name=op.f("uq_declaration_meeting_id_user_id_case_id")
        ),
        versioned=False,
    )  # fmt: skip
    _glass()
    with op.batch_alter_table("user_account") as people:
        people.add_column(sa.Column("register_on", sa.Date(), nullable=True))
    _allow([*_allowed(), *MESSAGES])


def downgrade() -> None:
    listed = ", ".join(f"'{template}'" for template in MESSAGES)
    op.execute(f"DELETE FROM message WHERE template IN ({listed})")  # noqa: S608 - our own words
    _allow([template for template in _allowed() if template not in MESSAGES])
    with op.batch_alter_table("user_account") as people:
        people.drop_column("register_on")
    for name in ("glass", "declaration", "restriction", "wall_reason"):
        op.drop_table(name)
    op.execute("DELETE FROM wall WHERE until_at IS NOT NULL")
    with op.batch_alter_table("wall") as walls:
        walls.drop_index(op.f("ix_wall_person_id"))
        for column in PEOPLE:
            walls.drop_constraint(op.f(f"fk_wall_{column}_user_account"), type_="foreignkey")
        walls.drop_constraint(op.f("fk_wall_person_id_case_person"), type_="foreignkey")
        walls.drop_constraint(op.f("ck_wall_wall_state"), type_="check")
        walls.drop_constraint(op.f("ck_wall_wall_source"), type_="check")
        for column in ("person_id", "everywhere", "state", "source", "until_at", "decide_by_at", "lift_asked_at"):
            walls.drop_column(column)
        for column in PEOPLE:
            walls.drop_column(column)


def _walls() -> None:
    """Every wall there is stands, as whoever runs the panel decided."""
    with op.batch_alter_table("wall") as walls:
        walls.add_column(ident("person_id", null=True))
        walls.add_column(sa.Column("everywhere", sa.Boolean(), nullable=False, server_default=sa.false()))
        walls.add_column(sa.Column("state", sa.String(length=40), nullable=False, server_default="standing"))
        walls.add_column(sa.Column("source", sa.String(length=40), nullable=False, server_default="decided"))
        for column in ("until_at", "decide_by_at", "lift_asked_at"):
            walls.add_column(moment(column))
        for column in PEOPLE:
            walls.add_column(ident(column, null=True))
            walls.create_foreign_key(op.f(f"fk_wall_{column}_user_account"), "user_account", [column], ["id"])
        walls.create_foreign_key(
            op.f("fk_wall_person_id_case_person"), "case_person", ["person_id"], ["id"], ondelete="SET NULL"
        )
        walls.create_check_constraint(op.f("ck_wall_wall_state"), _in("state", STATES))
        walls.create_check_constraint(op.f("ck_wall_wall_source"), _in("source", SOURCES))
        walls.create_index(op.f("ix_wall_person_id"), ["person_id"])
    with op.batch_alter_table("wall") as walls:
        for column in ("everywhere", "state", "source"):
            walls.alter_column(column, server_default=None)


def _glass() -> None:
    people = ("user_id", "place_agreed_by_id", "reviewed_by_id")
    table(
        "glass", ident("user_id"), ident("agency_id", null=True), word("category", "glass_category", CATEGORIES),
        moment("opened_at", null=False), moment("ends_at", null=False), moment("place_asked_at"),
        moment("place_agreed_at"), ident("place_agreed_by_id", null=True), moment("review_by_at", null=False),
        moment("reviewed_at"), ident("reviewed_by_id", null=True),
        word("outcome", "glass_outcome", ("justified", "not_justified"), null=True),
        *sealed("glass", "audit_detail_sealed"), *[to("glass", column, "user_account") for column in people],
        to("glass", "agency_id", "agency"),
    )  # fmt: skip
    op.create_index("ix_glass_of", "glass", ["user_id", "opened_at"])


def _in(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{one}'" for one in words)
    return f"{column} IN ({listed})"


def _allowed() -> list[str]:
    """What may be queued before, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints("message"):
        if check["name"] == "ck_message_template":
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
    raise LookupError("ck_message_template")


def _allow(templates: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    with op.batch_alter_table("message") as message:
        message.drop_constraint(op.f("ck_message_template"), type_="check")
        message.create_check_constraint(op.f("ck_message_template"), _in("template", tuple(dict.fromkeys(templates))))
