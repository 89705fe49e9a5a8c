"""Who asks to join, deputies, guests, agency agreements and attestations; new roles, and an account that was left."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROLES = ("team_leader", "steering_group", "guest")
ALL_ROLES = (
    "referrer", "representative", "deputy", "idva", "coordinator", "chair", "sanctuary_officer",
    "crime_prevention_officer", "contractor", "service_manager", "agency_admin", "system_admin", "auditor", *ROLES,
    "system",
)  # fmt: skip
PROGRAMMES = ("da_marac", "community_marac", "sanctuary")
STATES = ("asked", "approved", "refused", "ended")
MESSAGES = ("membership_waiting", "account_unused", "agreement_ending")
WIDER = (
    ("membership", "role", "ck_membership_role", ROLES),
    ("user_account", "state", "ck_user_account_user_state", ("left",)),
    ("message", "template", "ck_message_template", MESSAGES),
)
ON_ACCOUNTS = ("restored_at", "idle_warned_at", "confidentiality_agreed_at")
TABLES = ("guest_pass", "delegation", "join_request", "attestation", "agency_agreement")


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def day(name, *, null=False):
    return sa.Column(name, sa.Date(), nullable=null)


def word(name, kind, words, *, null=False):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=null
    )


def sealed(table, column):
    """A sealed column holds only values that begin with the seal's first byte and are long enough to be one."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    first = f"get_byte({column},0)=197" if on_postgres else f"hex(substr({column},1,1))='C5'"
    check = sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, sa.LargeBinary(), nullable=False), check


def table(name, *parts, to, indexed):
    """A table with id, version and partnership, its foreign keys and its indexes."""
    pointing = {"partnership_id": "partnership", **to}
    op.create_table(
        name, ident("id"), sa.Column("version_id", sa.Integer(), nullable=False), ident("partnership_id"), *parts,
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{name}_{column}_{target}"))
            for column, target in pointing.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
    for column in indexed:
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def upgrade() -> None:
    _people()
    _agencies()
    _accounts()
    for name, column, check, words in WIDER:
        _allow(name, column, check, [*_allowed(name, column), *words])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    op.execute("DELETE FROM message WHERE template IN ('membership_waiting', 'account_unused', 'agreement_ending')")
    op.execute("UPDATE user_account SET state = 'suspended' WHERE state = 'left'")
    op.execute(
        "DELETE FROM signin_session WHERE membership_id IN (SELECT id FROM membership WHERE on_behalf_of_id IS NOT NULL"
        " OR role IN ('team_leader', 'steering_group', 'guest'))"
    )
    op.execute(
        "DELETE FROM membership WHERE on_behalf_of_id IS NOT NULL OR role IN ('team_leader', 'steering_group', 'guest')"
    )
    for name, column, check, words in WIDER:
        _allow(name, column, check, [one for one in _allowed(name, column) if one not in words])
    with op.batch_alter_table("user_account") as accounts:
        accounts.drop_constraint(op.f("ck_user_account_suspended_for"), type_="check")
        for column in (*ON_ACCOUNTS, "trained_on", "suspended_for"):
            accounts.drop_column(column)
    with op.batch_alter_table("membership") as held:
        held.drop_column("on_behalf_of_id")
        held.drop_column("attested_on")
    with op.batch_alter_table("invitation") as links:
        links.drop_column("wrong_codes")


def _people() -> None:
    people = {"asked_by_id": "user_account", "decided_by_id": "user_account", "account_id": "user_account"}
    table(
        "join_request", ident("agency_id"), word("role", "role", ALL_ROLES),
        word("programme", "programme_slug", PROGRAMMES, null=True), word("state", "request_state", STATES),
        ident("asked_by_id", null=True), word("asked_as", "asked_as", ALL_ROLES), moment("asked_at", null=False),
        ident("decided_by_id", null=True), moment("decided_at"), ident("account_id", null=True),
        *sealed("join_request", "staff_sealed"), to={"agency_id": "agency", **people},
        indexed=("agency_id", "account_id"),
    )  # fmt: skip
    table(
        "delegation", ident("agency_id"), ident("user_id"), ident("membership_id"), ident("deputy_id"),
        ident("acting_id", null=True), day("from_on"), day("to_on"), word("state", "request_state", STATES),
        moment("asked_at", null=False), ident("decided_by_id", null=True), moment("decided_at"),
        to={
            "agency_id": "agency", "user_id": "user_account", "membership_id": "membership",
            "deputy_id": "user_account", "acting_id": "membership", "decided_by_id": "user_account",
        },
        indexed=("agency_id", "user_id", "deputy_id"),
    )  # fmt: skip
    table(
        "guest_pass", ident("user_id"), ident("membership_id"), ident("sponsor_id"), ident("meeting_id"),
        ident("case_id", null=True), word("kind", "guest_kind", ("guest", "observer")), day("from_on"),
        day("until_on"), moment("given_at", null=False), moment("agreed_at"), moment("ended_at"),
        sa.UniqueConstraint("membership_id", name=op.f("uq_guest_pass_membership_id")),
        to={
            "user_id": "user_account", "membership_id": "membership", "sponsor_id": "user_account",
            "meeting_id": "meeting", "case_id": "case_file",
        },
        indexed=("user_id", "sponsor_id", "meeting_id", "case_id"),
    )  # fmt: skip


def _agencies() -> None:
    table(
        "agency_agreement", ident("agency_id"), day("signed_on"), day("review_on"), ident("recorded_by_id", null=True),
        moment("recorded_at", null=False), *sealed("agency_agreement", "staff_sealed"),
        to={"agency_id": "agency", "recorded_by_id": "user_account"}, indexed=("agency_id",),
    )  # fmt: skip
    table(
        "attestation", ident("agency_id"), day("quarter_on"), day("due_on"), moment("asked_at", null=False),
        moment("done_at"), ident("done_by_id", null=True),
        sa.UniqueConstraint("agency_id", "quarter_on", name=op.f("uq_attestation_agency_id_quarter_on")),
        to={"agency_id": "agency", "done_by_id": "user_account"}, indexed=("agency_id",),
    )  # fmt: skip


def _accounts() -> None:
    """Accounts of before have agreed nothing yet: they are asked when they next sign in."""
    with op.batch_alter_table("user_account") as accounts:
        accounts.add_column(word("suspended_for", "suspended_for", ("by_hand", "not_used"), null=True))
        for column in ON_ACCOUNTS:
            accounts.add_column(moment(column))
        accounts.add_column(day("trained_on", null=True))
    with op.batch_alter_table("membership") as held:
        held.add_column(ident("on_behalf_of_id", null=True))
        held.add_column(day("attested_on", null=True))
    with op.batch_alter_table("invitation") as links:
        links.add_column(sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("invitation") as links:
        links.alter_column("wrong_codes", server_default=None)


def _allowed(name: str, column: str) -> list[str]:
    """What may stand there before, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints(name):
        text = check["sqltext"].replace('"', "")
        if str(check["name"]).startswith(f"ck_{name}_") and re.search(rf"\b{column}\b", text) and "'" in text:
            return re.findall(r"'([a-z_]+)'", text)
    raise LookupError(column)


def _allow(name: str, column: str, check: str, words: list[str]) -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{one}'" for one in dict.fromkeys(words))
    with op.batch_alter_table(name) as rows:
        rows.drop_constraint(op.f(check), type_="check")
        rows.create_check_constraint(op.f(check), f"{column} IN ({listed})")
