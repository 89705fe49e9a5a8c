"""Checkpoints, row hashes and alerts of the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

RULES = (
    "own_name", "many_cases", "odd_hours", "closed_case", "many_reveals", "same_search", "one_case", "break_glass",
    "export", "new_device", "audit_gap", "checkpoint_late", "integrity",
)  # fmt: skip
STATES = ("open", "looked_into")


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=False):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def word(name, kind, words):
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=False
    )


def to(table, column, target):
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def key(table):
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "audit_checkpoint",
        ident("id"), ident("partnership_id"), sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False), sa.Column("head", sa.LargeBinary(32), nullable=False),
        moment("at"), sa.Column("line", sa.Text(), nullable=False), moment("mailed_at", null=True),
        to("audit_checkpoint", "partnership_id", "partnership"), key("audit_checkpoint"),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_audit_checkpoint_partnership_id_number")),
    )  # fmt: skip
    op.create_table(
        "integrity_mark",
        ident("id"), sa.Column("version_id", sa.Integer(), nullable=False), ident("partnership_id"), ident("case_id"),
        moment("found_at"), moment("cleared_at", null=True), ident("cleared_by_id", null=True),
        to("integrity_mark", "partnership_id", "partnership"), to("integrity_mark", "case_id", "case_file"),
        to("integrity_mark", "cleared_by_id", "user_account"), key("integrity_mark"),
    )  # fmt: skip
    op.create_index(op.f("ix_integrity_mark_case_id"), "integrity_mark", ["case_id"])
    first = "get_byte(staff_sealed,0)=197" if on_postgres else "hex(substr(staff_sealed,1,1))='C5'"
    op.create_table(
        "trail_alert",
        ident("id"), sa.Column("version_id", sa.Integer(), nullable=False), ident("partnership_id"),
        word("rule", "alert_rule", RULES), sa.Column("slot", sa.String(120), nullable=False),
        word("state", "alert_state", STATES), moment("at"), sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False), ident("user_id", null=True), ident("case_id", null=True),
        ident("agency_id", null=True), ident("looked_by_id", null=True), moment("looked_at", null=True),
        sa.Column("staff_sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(f"{first} and length(staff_sealed)>=98", name=op.f("ck_trail_alert_staff_sealed")),
        to("trail_alert", "partnership_id", "partnership"), to("trail_alert", "user_id", "user_account"),
        to("trail_alert", "agency_id", "agency"), to("trail_alert", "looked_by_id", "user_account"),
        key("trail_alert"),
        sa.UniqueConstraint("partnership_id", "rule", "slot", name=op.f("uq_trail_alert_partnership_id_rule_slot")),
    )  # fmt: skip
    op.create_index("ix_trail_alert_open", "trail_alert", ["partnership_id", "state"])
    op.create_table(
        "trail_watch",
        ident("id"), ident("partnership_id"), sa.Column("seq", sa.BigInteger(), nullable=False),
        to("trail_watch", "partnership_id", "partnership"), key("trail_watch"),
        sa.UniqueConstraint("partnership_id", name=op.f("uq_trail_watch_partnership_id")),
    )  # fmt: skip
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_audit_entry_actor", "audit_entry")
    for table in ("trail_watch", "trail_alert", "integrity_mark", "audit_checkpoint"):
        op.drop_table(table)
