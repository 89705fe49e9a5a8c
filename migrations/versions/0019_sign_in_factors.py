"""Passkeys, recovery codes and other identity providers."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PURPOSES = ("add_passkey", "sign_in", "second_step", "confirm", "agency_sign_in", "agency_link")
RESETS = ("asked", "approved", "done", "cancelled")
MESSAGES = ("password_link", "account_changed", "factor_reset")
TABLES = (
    "linked_identity", "identity_provider", "factor_reset", "password_link", "recovery_code", "signin_challenge",
    "passkey",
)  # fmt: skip
SESSION = (
    lambda: sa.Column("device", sa.String(60), server_default="", nullable=False),
    lambda: sa.Column("awaits_passkey", sa.Boolean(), server_default=sa.false(), nullable=False),
)


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def raw(name, length, *, null=False):
    return sa.Column(name, sa.LargeBinary(length), nullable=null)


def text(name, length):
    return sa.Column(name, sa.String(length), nullable=False)


def word(name, kind, words):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=False
    )


def sealed(table, column):
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    yield sa.Column(column, sa.LargeBinary(), nullable=False)
    first = f"get_byte({column},0)=197" if on_postgres else f"hex(substr({column},1,1))='C5'"
    yield sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))


def to(table, column, target="user_account"):
    """A foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def only_once(table, *columns):
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def table(name, *parts, versioned=True):
    version = [sa.Column("version_id", sa.Integer(), nullable=False)] if versioned else []
    op.create_table(name, ident("id"), *version, *parts, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))


def index(name, *columns):
    for column in columns:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def upgrade() -> None:
    for column in SESSION:
        op.add_column("signin_session", column())
    _factors()
    _second_chances()
    _providers()
    _allow([*_allowed(), *MESSAGES])


def downgrade() -> None:
    listed = ", ".join(f"'{template}'" for template in MESSAGES)
    op.execute(f"DELETE FROM message WHERE template IN ({listed})")  # noqa: S608 - our own words
    _allow([template for template in _allowed() if template not in MESSAGES])
    for name in TABLES:
        op.drop_table(name)
    for column in reversed(SESSION):
        op.drop_column("signin_session", column().name)


def _factors() -> None:
    """Passkeys, and the challenges that they and other providers answer."""
    table(
        "passkey", ident("partnership_id"), ident("user_id"), raw("credential_id", 1023), raw("public_key", 2048),
        sa.Column("sign_count", sa.BigInteger(), nullable=False), moment("added_at", null=False), moment("used_at"),
        *sealed("passkey", "staff_sealed"), to("passkey", "partnership_id", "partnership"), to("passkey", "user_id"),
        only_once("passkey", "credential_id"),
    )  # fmt: skip
    index("passkey", "user_id")
    table(
        "signin_challenge", word("purpose", "challenge_purpose", PURPOSES), raw("value_hash", 32),
        ident("user_id", null=True), moment("expires_at", null=False), moment("used_at"),
        to("signin_challenge", "user_id"), versioned=False,
    )  # fmt: skip
    index("signin_challenge", "expires_at")


def _second_chances() -> None:
    """Recovery codes, links for a new password, and resets by two people."""
    table(
        "recovery_code", ident("user_id"), raw("code_hash", 32), moment("made_at", null=False), moment("used_at"),
        to("recovery_code", "user_id"), only_once("recovery_code", "user_id", "code_hash"), versioned=False,
    )  # fmt: skip
    table(
        "password_link", raw("signin_token", 16), raw("token_hash", 32), moment("asked_at", null=False),
        moment("told_at"), moment("used_at"), only_once("password_link", "token_hash"), versioned=False,
    )  # fmt: skip
    index("password_link", "signin_token", "asked_at")
    table(
        "factor_reset", ident("partnership_id"), ident("user_id"), word("state", "reset_state", RESETS),
        ident("asked_by_id"), moment("asked_at", null=False), ident("approved_by_id", null=True),
        moment("approved_at"), moment("opens_at"), moment("ends_at", null=False), raw("code_hash", 32, null=True),
        to("factor_reset", "partnership_id", "partnership"),
        *[to("factor_reset", column) for column in ("user_id", "asked_by_id", "approved_by_id")],
    )  # fmt: skip
    index("factor_reset", "partnership_id", "user_id")


def _providers() -> None:
    """Agencies with accounts of their own, and who linked one."""
    table(
        "identity_provider", ident("partnership_id"), ident("agency_id"), text("key", 32), text("label", 60),
        text("issuer", 300), text("client_id", 200), text("algorithm", 10),
        sa.Column("accepted_acr", sa.JSON(), nullable=False), moment("added_at", null=False), moment("ended_at"),
        *sealed("identity_provider", "totp_sealed"), to("identity_provider", "partnership_id", "partnership"),
        to("identity_provider", "agency_id", "agency"), only_once("identity_provider", "agency_id"),
        only_once("identity_provider", "key"),
    )  # fmt: skip
    table(
        "linked_identity", ident("user_id"), ident("provider_id"), raw("subject_hash", 32),
        moment("linked_at", null=False), moment("used_at"), to("linked_identity", "user_id"),
        to("linked_identity", "provider_id", "identity_provider"),
        only_once("linked_identity", "subject_hash"), only_once("linked_identity", "user_id", "provider_id"),
    )  # fmt: skip
    index("linked_identity", "provider_id")


def _allowed() -> list[str]:
    """What a message may be today, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints("message"):
        if check["name"] == "ck_message_template":
            return re.findall(r"'([a-z_]+)'", check["sqltext"])
    raise LookupError("template")


def _allow(words: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{one}'" for one in dict.fromkeys(words))
    check = op.f("ck_message_template")
    with op.batch_alter_table("message") as rows:
        rows.drop_constraint(check, type_="check")
        rows.create_check_constraint(check, f"template IN ({listed})")
