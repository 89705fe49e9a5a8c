"""What the frame of every page shows: who is signed in as what, and the places of that role (ux: nouns only).

Links only to pages that exist. Decides nothing: each page asks `access` for itself.
"""

from typing import Any, Final

from flask import Flask, current_app, g, request

from marac.services.accounts import sessions
from marac.services.live import shortcuts
from marac.vocabulary import Role
from marac.web import signin

PLACES: Final = {
    "today": ("Today", "/today"), "referrals": ("Referrals", "/referrals"), "cases": ("Cases", "/cases"),
    "panels": ("Panels", "/panels"), "research": ("Research", "/research"), "actions": ("Actions", "/actions"),
    "sanctuary": ("Sanctuary", "/sanctuary"), "visits": ("Visits", "/visits"), "jobs": ("Jobs", "/jobs"),
    "reports": ("Reports", "/reports"), "users": ("Users", "/admin/users"), "agencies": ("Agencies", "/admin/agencies"),
    "settings": ("Settings", "/admin/settings"), "timed": ("Timed jobs", "/admin/jobs"),
    "audit": ("Audit", "/admin/audit"),
    "outside": ("Outside referrers", "/referrals/invited"), "transfers": ("Transfers", "/transfers"),
    "escalated": ("Escalated", "/escalated"),
    "disclosures": ("Disclosures", "/disclosures"),
    "retention": ("Retention", "/admin/retention"), "holds": ("Legal holds", "/admin/retention/holds"),
    "agreements": ("Agreements", "/admin/agreements"), "visit": ("Your visit", "/visit"),
    "urgent": ("Urgent access", "/urgent-access/uses"),
}  # fmt: skip
_PANEL = ("today", "referrals", "cases", "panels", "actions", "sanctuary", "reports")
_MEMBER = ("today", "research", "actions", "panels", "referrals", "cases", "sanctuary")
_FIELD = ("today", "sanctuary", "visits")
_SCHEME = (*_FIELD, "reports")
MENUS: Final[dict[Role, tuple[str, ...]]] = {
    Role.CHAIR: ("today", "panels", "cases", "actions", "disclosures", "reports"),
    Role.COORDINATOR: (*_PANEL, "transfers", "disclosures", "users", "agreements", "retention"),
    Role.REPRESENTATIVE: _MEMBER,
    Role.DEPUTY: _MEMBER,
    Role.IDVA: ("today", "referrals", "cases", "actions", "panels", "research", "sanctuary"),
    Role.REFERRER: ("today", "referrals", "sanctuary"),
    Role.SANCTUARY_OFFICER: _SCHEME,
    Role.CRIME_PREVENTION_OFFICER: _FIELD,
    Role.CONTRACTOR: ("jobs",),
    Role.SERVICE_MANAGER: ("today", "sanctuary", "reports", "panels", "escalated"),
    Role.AGENCY_ADMIN: ("today", "users", "agreements", "agencies", "outside", "escalated"),
    Role.SYSTEM_ADMIN: ("today", "users", "agencies", "settings", "timed"),
    Role.AUDITOR: ("today", "audit", "agreements", "urgent", "disclosures", "retention"),
    Role.TEAM_LEADER: ("today", "sanctuary", "reports"),
    Role.STEERING_GROUP: ("today", "reports"),
    Role.GUEST: ("visit",),
}


def set_up(app: Flask) -> None:
    """The frame's names go to every template."""
    app.context_processor(frame)


def frame() -> dict[str, Any]:
    """The frame of this request; empty for a stranger, which gives the signed-out frame."""
    found = signin.signed_in_so_far()
    if found is None:
        return {}
    if found.actor.referral_id is not None:
        return _by_link(found.agency)
    menu = MENUS.get(found.actor.role, ())
    existing, places = _existing(), [PLACES[name] for name in menu]
    return {
        "shortcuts": "off" if found.shortcut_keys == shortcuts.OFF else "on",
        "shortcut": shortcuts.read(found.shortcut_keys),
        "navigation": [_place(*place) for place in places if place[1] in existing],
        "signed_in": {"role": _role(found), "agency": found.agency},
        "find_url": "/find" if "cases" in menu and "/find" in existing else "",
        "account_url": "/account", "switch_url": "/account#roles" if found.memberships > 1 else "",
        "checkpoint": g.get("checkpoint", ""),
        "sign_out_url": "/sign-out", "lock_url": "/lock", "keep_url": "/account/keep",
        "idle_seconds": int(sessions.IDLE.total_seconds()),
        "end_url": signin.sign_in_and_back() if request.method == "GET" else "/sign-in",
    }  # fmt: skip


def _role(found: sessions.SignedIn) -> str:
    """What the person is here; somebody who stands in for a colleague sees that they do."""
    return f"{found.actor.role.label}, standing in" if found.actor.on_behalf else found.actor.role.label


def _by_link(agency: str) -> dict[str, Any]:
    """Who came by a link has one thing here, so no places to go to and no account."""
    return {
        "signed_in": {"role": Role.REFERRER.label, "agency": agency}, "sign_out_url": "/sign-out", "lock_url": "/lock",
        "keep_url": "/account/keep", "idle_seconds": int(sessions.IDLE.total_seconds()), "end_url": signin.START,
    }  # fmt: skip


def _place(text: str, href: str) -> dict[str, Any]:
    return {"text": text, "href": href, "current": request.path == href or request.path.startswith(f"{href}/")}


def _existing() -> frozenset[str]:
    """The addresses without a variable part that this application answers."""
    rules = current_app.url_map.iter_rules()
    return frozenset(rule.rule for rule in rules if not rule.arguments)
