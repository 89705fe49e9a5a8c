"""Which plain columns decide who may see what, table by table: each is in its row's hash and looked at every hour.

A table that a relation or the gate asks must have its line here (a test holds this list against them).
"""

# a row's partnership, its key owner and what completes a compartment are hashed anyway
DECIDES: dict[str, tuple[str, ...]] = {
    # who somebody is and works for
    "user_account": ("state", "password_hash"),
    "membership": ("user_id", "agency_id", "role", "programme", "from_on", "to_on"),
    "delegation": ("agency_id", "user_id", "membership_id", "deputy_id", "acting_id", "from_on", "to_on", "state"),
    "guest_pass": (
        "user_id",
        "membership_id",
        "meeting_id",
        "case_id",
        "kind",
        "from_on",
        "until_on",
        "agreed_at",
        "ended_at",
    ),
    "passkey": ("user_id", "credential_id", "public_key"),
    "factor_reset": ("user_id", "state", "opens_at", "ends_at"),
    "identity_provider": ("agency_id", "issuer", "client_id", "algorithm", "ended_at"),
    "agency_agreement": ("agency_id", "signed_on", "review_on"),
    "outside_referrer": ("programme", "user_id", "agency_id", "account_id", "referral_id"),
    # what a case lets in
    "case_file": ("programme", "state", "restricted", "merged_into_id"),
    "case_agency": ("case_id", "agency_id", "basis", "since_on", "until_on"),
    "wall": ("case_id", "user_id", "agency_id", "person_id", "everywhere", "state", "since_at", "until_at"),
    "restriction": ("set_by_id", "ended_at"),
    "glass": ("user_id", "agency_id", "category", "opened_at", "ends_at", "place_agreed_at", "reviewed_at"),
    "disclosure": ("programme", "kind", "state", "answer", "prepared_by_id", "agreed_by_id", "released_by_id"),
    "disclosure_case": ("disclosure_id", "case_id"),
    "disclosure_passage": ("disclosure_id", "agency_id", "owner_id", "source_id", "approval"),
    "case_hold": ("case_id", "reason", "locks", "lifted_at"),
    "retention": (
        "case_id",
        "programme",
        "state",
        "basis",
        "retain_until",
        "kept_until",
        "proposed_by_id",
        "erase_on",
        "erased_at",
    ),
    "legal_hold": ("kind", "placed_at", "lifted_at"),
    "named_person": ("case_id", "user_id"),
    "integrity_mark": ("case_id", "cleared_at"),
    "referral": ("programme", "state", "agency_id", "user_id"),
    "sanctuary_request": ("parent_case_id", "state", "agency_id", "user_id", "supporter_id", "surveyor_id"),
    "works_order": ("request_id", "agency_id", "state"),
    "visit": ("request_id", "agency_id", "user_id", "state"),
    # what a meeting lets in
    "meeting": ("programme", "kind", "state"),
    "meeting_series": ("programme",),
    "meeting_change": ("meeting_id",),
    "agenda_version": ("meeting_id", "number"),
    "agenda_item": ("case_id", "meeting_id", "state"),
    "agenda_guest": ("meeting_id", "case_id", "agency_id", "until_on"),
    "attendance": ("meeting_id", "agency_id", "user_id", "agreed_at"),
    "research": ("item_id", "state"),
    "minutes": ("meeting_id", "programme", "state", "issued_at"),
    "action": ("agency_id", "owner_id", "state"),
    "flag": ("case_id", "agency_id", "state"),
    "telling": ("agency_id", "state"),
    # what one thing lets in
    "case_person": ("role",),
    "address": ("person_id", "role"),
    "contact_method": ("person_id", "role"),
}

# sealed, but only what somebody is typing: saved every ten seconds, gone when it is sent
UNHASHED = frozenset({"draft"})
