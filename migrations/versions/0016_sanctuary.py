"""The Sanctuary Scheme: requests, clocks, landlords, approvals and address flags; then what is surveyed and fitted."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATES = (
    "draft", "submitted", "in_triage", "ineligible", "awaiting_information", "landlord_permission", "survey_booked",
    "survey_done", "fire_consult", "specification", "approval", "works_ordered", "installed", "sign_off",
    "safety_plan_and_markers", "follow_up", "closed", "removed_ended", "withdrawn_by_victim",
    "perpetrator_returned_or_has_right", "moved", "refuge", "duplicate", "died", "on_hold",
)  # fmt: skip
PRIORITIES = ("emergency", "urgent", "standard")
OUTCOMES = (
    "stayed", "unreachable", "not_suitable", "withdrew", "moved", "refuge", "stopped", "duplicate", "died", "not_sent",
)  # fmt: skip
LANDLORD = ("not_asked", "not_needed", "asked", "granted", "granted_with_conditions", "refused", "no_reply")
FLAG = ("add_requested", "added", "remove_requested", "removed")
RESULTS = ("fitted", "part_fitted", "not_fitted", "not_needed")
LETTERS = ("works_order", "landlord_letter", "ineligible_notice", "housing_benefit_letter")
CHECKS = {"message": "ck_message_template", "issued_document": "ck_issued_document_document_kind"}
MESSAGES = ("scheme_waiting", "scheme_decided", "scheme_stopped", "job_offered", "job_changed")


def ident(name, *, null=False):
    return sa.Column(name, sa.Uuid(), nullable=null)


def moment(name, *, null=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def word(name, kind, words, *, null=False):
    """A closed list of words, with the CHECK that the model names after its enum."""
    return sa.Column(
        name, sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40), nullable=null
    )


def sealed(table, *columns):
    """Sealed columns hold only values that begin with the seal's first byte and are long enough to be one."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for column in columns:
        yield sa.Column(column, sa.LargeBinary(), nullable=False)
        first = f"get_byte({column},0)=197" if on_postgres else f"hex(substr({column},1,1))='C5'"
        yield sa.CheckConstraint(f"{first} and length({column})>=98", name=op.f(f"ck_{table}_{column}"))


def to(table, column, target):
    """A foreign key under the name that the models give it."""
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def table(name, *parts, of_request=True):
    """A table with id, version and partnership; below a request with its case and request too."""
    above = [("partnership_id", "partnership")]
    if of_request:
        above += [("case_id", "case_file"), ("request_id", "sanctuary_request")]
    op.create_table(
        name, ident("id"), sa.Column("version_id", sa.Integer(), nullable=False),
        *[ident(column) for column, _ in above], *parts, *[to(name, column, target) for column, target in above],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip
    for column, _ in above[1:]:
        index(name, column)


def index(name, column):
    op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def upgrade() -> None:
    _request()
    _below()
    _field()
    _letters()
    _allow([*_allowed(), *MESSAGES])


def downgrade() -> None:
    _no_letters()
    for name in ("follow_up", "visit", "works_line", "works_order", "home_photo"):
        op.drop_table(name)
    for name in ("address_flag", "approval", "landlord_permission", "stage_clock", "sanctuary_request"):
        op.drop_table(name)
    listed = ", ".join(f"'{template}'" for template in MESSAGES)
    op.execute(f"DELETE FROM message WHERE template IN ({listed})")  # noqa: S608 - our own words
    _allow([template for template in _allowed() if template not in MESSAGES])


def _request() -> None:
    name = "sanctuary_request"
    people, agencies = ("user_id", "owner_id", "surveyor_id"), ("agency_id", "supporter_id")
    table(
        name, ident("case_id"), ident("parent_case_id", null=True),
        sa.Column("reference", sa.String(length=7), nullable=False),
        word("state", "sanctuary_state", STATES), word("priority", "sanctuary_priority", PRIORITIES),
        word("held_from", "held_from", STATES, null=True), word("outcome", "sanctuary_outcome", OUTCOMES, null=True),
        sa.Column("checklist_version", sa.String(length=20), nullable=False),
        ident("agency_id"), ident("user_id"), ident("supporter_id", null=True), ident("owner_id", null=True),
        ident("surveyor_id", null=True), ident("same_as_id", null=True),
        moment("started_at", null=False), moment("submitted_at"), moment("stage_since_at", null=False),
        moment("surveyed_at"), moment("installed_at"), moment("signed_off_at"), moment("frozen_at"),
        moment("closed_at"), sa.Column("moved_out_on", sa.Date()), sa.Column("review_on", sa.Date()),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        *sealed(name, "risk_sealed", "works_sealed", "documents_sealed"),
        to(name, "case_id", "case_file"), to(name, "parent_case_id", "case_file"),
        *[to(name, column, "user_account") for column in people], *[to(name, column, "agency") for column in agencies],
        to(name, "same_as_id", name),
        sa.UniqueConstraint("case_id", name=op.f(f"uq_{name}_case_id")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{name}_reference")),
        of_request=False,
    )  # fmt: skip
    for column in ("parent_case_id", "agency_id", "user_id", "supporter_id", "surveyor_id"):
        index(name, column)
    op.create_index("ix_sanctuary_request_list", name, ["partnership_id", "state"])


def _below() -> None:
    table(
        "stage_clock", sa.Column("number", sa.Integer(), nullable=False), word("stage", "sanctuary_state", STATES),
        word("priority", "sanctuary_priority", PRIORITIES), moment("started_at", null=False), moment("due_at"),
        moment("met_at"), moment("replaced_at"), moment("paused_at"),
        word("paused_why", "pause_why", ("information", "landlord", "on_hold", "safety"), null=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_stage_clock_request_id_number")),
    )  # fmt: skip
    op.create_index("ix_stage_clock_due", "stage_clock", ["partnership_id", "met_at", "due_at"])
    table(
        "landlord_permission", word("state", "landlord_state", LANDLORD), moment("asked_at"), moment("chase_at"),
        sa.Column("chased", sa.Integer(), nullable=False), moment("escalated_at"), moment("answered_at"),
        *sealed("landlord_permission", "works_sealed"),
        sa.UniqueConstraint("request_id", name=op.f("uq_landlord_permission_request_id")),
    )  # fmt: skip
    table(
        "approval", word("decision", "approval_decision", ("approved", "sent_back", "declined")),
        sa.Column("amount_pence", sa.Integer(), nullable=False), moment("decided_at", null=False),
        ident("decided_by_id"), sa.Column("spoken", sa.Boolean(), nullable=False), moment("write_by_at"),
        moment("written_at"), *sealed("approval", "works_sealed"), to("approval", "decided_by_id", "user_account"),
    )  # fmt: skip
    table(
        "address_flag", ident("agency_id"), word("state", "flag_state", FLAG), moment("asked_at", null=False),
        moment("due_at", null=False), moment("placed_at"), sa.Column("review_on", sa.Date()), moment("removed_at"),
        *sealed("address_flag", "works_sealed"), to("address_flag", "agency_id", "agency"),
    )  # fmt: skip


def _field() -> None:
    """What is surveyed, ordered, fitted and followed up."""
    table(
        "home_photo", sa.Column("tap", sa.String(length=36), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False), sa.Column("of_work_done", sa.Boolean(), nullable=False),
        moment("added_at", null=False), *sealed("home_photo", "works_sealed"),
        sa.UniqueConstraint("request_id", "tap", "part", name=op.f("uq_home_photo_request_id_tap_part")),
    )  # fmt: skip
    table(
        "works_order", ident("request_id"), ident("agency_id"),
        sa.Column("token", sa.String(length=32), nullable=False),
        word("state", "works_order_state", ("offered", "accepted", "completed", "withdrawn")),
        moment("ordered_at", null=False), ident("ordered_by_id"), moment("window_from", null=False),
        moment("window_until", null=False), moment("accepted_at"), moment("completed_at"), moment("withdrawn_at"),
        *sealed("works_order", "job_sealed", "location_sealed"), to("works_order", "request_id", "sanctuary_request"),
        to("works_order", "agency_id", "agency"), to("works_order", "ordered_by_id", "user_account"),
        sa.UniqueConstraint("token", name=op.f("uq_works_order_token")), of_request=False,
    )  # fmt: skip
    index("works_order", "request_id")
    op.create_index("ix_works_order_of", "works_order", ["agency_id", "state", "window_from"])
    table(
        "works_line", sa.Column("tap", sa.String(length=36), nullable=False), moment("added_at", null=False),
        moment("removed_at"), word("result", "line_result", RESULTS, null=True), ident("order_id", null=True),
        sa.Column("back_on", sa.Date()), *sealed("works_line", "works_sealed"),
        to("works_line", "order_id", "works_order"),
        sa.UniqueConstraint("request_id", "tap", name=op.f("uq_works_line_request_id_tap")),
    )  # fmt: skip
    table(
        "visit", ident("request_id", null=True), ident("agency_id"), ident("user_id"),
        word("kind", "visit_kind", ("survey", "sign_off", "protective_security", "visual_audit")),
        word("state", "visit_state", ("booked", "done", "not_in", "cancelled")), moment("starts_at", null=False),
        *sealed("visit", "diary_sealed"), to("visit", "request_id", "sanctuary_request"),
        to("visit", "agency_id", "agency"), to("visit", "user_id", "user_account"), of_request=False,
    )  # fmt: skip
    index("visit", "request_id")
    op.create_index("ix_visit_diary", "visit", ["partnership_id", "starts_at"])
    table(
        "follow_up", sa.Column("months", sa.Integer(), nullable=False), sa.Column("due_on", sa.Date(), nullable=False),
        word("state", "follow_up_state", ("due", "done", "unreachable", "not_needed")),
        sa.Column("attempts", sa.Integer(), nullable=False), moment("last_try_at"), moment("done_at"),
        ident("done_by_id", null=True), word("at_home", "at_home", ("yes", "no", "not_known"), null=True),
        *sealed("follow_up", "works_sealed"), to("follow_up", "done_by_id", "user_account"),
        sa.UniqueConstraint("request_id", "months", name=op.f("uq_follow_up_request_id_months")),
    )  # fmt: skip
    op.create_index("ix_follow_up_due", "follow_up", ["state", "due_on"])


def _letters() -> None:
    """Papers of a request are numbered in the same register as those of a meeting."""
    with op.batch_alter_table("issued_document") as issued:
        issued.add_column(ident("request_id", null=True))
        issued.create_foreign_key(
            op.f("fk_issued_document_request_id_sanctuary_request"), "sanctuary_request", ["request_id"], ["id"]
        )
        issued.create_index(op.f("ix_issued_document_request_id"), ["request_id"])
    _allow([*_allowed("issued_document", "kind"), *LETTERS], "issued_document", "kind")


def _no_letters() -> None:
    listed = ", ".join(f"'{kind}'" for kind in LETTERS)
    op.execute(f"DELETE FROM issued_document WHERE kind IN ({listed})")  # noqa: S608 - our own words
    _allow([kind for kind in _allowed("issued_document", "kind") if kind not in LETTERS], "issued_document", "kind")
    with op.batch_alter_table("issued_document") as issued:
        issued.drop_index(op.f("ix_issued_document_request_id"))
        issued.drop_constraint(op.f("fk_issued_document_request_id_sanctuary_request"), type_="foreignkey")
        issued.drop_column("request_id")


def _allowed(name: str = "message", column: str = "template") -> list[str]:
    """What may stand there before, as the table itself says: other revisions widen the list too."""
    for check in sa.inspect(op.get_bind()).get_check_constraints(name):
        text = check["sqltext"].replace('"', "")  # SQLite: column IN (...); PostgreSQL: (column)::text = ANY (...)
        if str(check["name"]).startswith(f"ck_{name}_") and re.search(rf"\b{column}\b", text) and "'" in text:
            return re.findall(r"'([a-z_]+)'", text)
    raise LookupError(column)


def _allow(words: list[str], name: str = "message", column: str = "template") -> None:
    """SQLite knows no ALTER of a CHECK: there the table is copied."""
    listed = ", ".join(f"'{one}'" for one in dict.fromkeys(words))
    check = op.f(CHECKS[name])
    with op.batch_alter_table(name) as rows:
        rows.drop_constraint(check, type_="check")
        rows.create_check_constraint(check, f"{column} IN ({listed})")
