"""The audit trail is append-only in the database too: no entry is changed, deleted or written over."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORDS = "the audit trail is append-only"

SQLITE = {
    "audit_entry_no_update": "before update on audit_entry",
    "audit_entry_no_delete": "before delete on audit_entry",
    # `insert or replace` deletes without asking the trigger for deletes
    "audit_entry_no_replace": (
        "before insert on audit_entry when exists (select 1 from audit_entry"
        " where id = new.id or (partnership_id = new.partnership_id and seq = new.seq))"
    ),
}
POSTGRESQL = (
    f"""create function audit_entry_append_only() returns trigger language plpgsql
        as $$ begin raise exception '{WORDS}'; end $$""",
    """create trigger audit_entry_no_change before update or delete on audit_entry
       for each row execute function audit_entry_append_only()""",
    """create trigger audit_entry_no_truncate before truncate on audit_entry
       for each statement execute function audit_entry_append_only()""",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)
        return
    for name, when in SQLITE.items():
        op.execute(f"create trigger {name} {when} begin select raise(abort, '{WORDS}'); end")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop trigger audit_entry_no_truncate on audit_entry")
        op.execute("drop trigger audit_entry_no_change on audit_entry")
        op.execute("drop function audit_entry_append_only()")
        return
    for name in SQLITE:
        op.execute(f"drop trigger {name}")
