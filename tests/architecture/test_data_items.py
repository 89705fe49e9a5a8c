"""Every data item of the published referral forms has its place here, on a page, or a written reason why not."""

import pytest
import yaml

import marac.models  # noqa: F401 the tables
from marac.crypto.fields import inventory
from marac.db import Base
from marac.paths import DATA
from marac.web.forms import referrals as forms
from marac.web.forms.papers import PaperForm

ITEMS = yaml.safe_load((DATA / "data_items.yaml").read_text("utf-8"))
GROUPS = (
    "Referrer", "Police references", "Criteria", "Victim", "Safe contact", "Consent and awareness", "Victim's voice",
    "Equality", "Perpetrator(s)", "Children", "Others at risk", "Background", "Agencies", "Attachments",
    "Research form", "Minutes", "Action",
)  # fmt: skip
FORMS_OF = {
    "Referrer": (forms.ReferrerForm,),
    "Police references": (forms.OtherPersonForm,),
    "Criteria": (forms.ReasonForm,),
    "Victim": (forms.PersonForm, forms.SafeContactForm, forms.EqualityForm, forms.ChildForm),
    "Safe contact": (forms.SafeContactForm,),
    "Consent and awareness": (forms.SharingForm,),
    "Victim's voice": (forms.ReasonForm,),
    "Equality": (forms.EqualityForm, forms.PersonForm),
    "Perpetrator(s)": (forms.OtherPersonForm,),
    "Children": (forms.ChildForm,),
    "Others at risk": (forms.ChildForm, forms.OtherPersonForm),
    "Background": (forms.ReasonForm, forms.OtherPersonForm),
    "Agencies": (forms.ReasonForm,),
    "Attachments": (PaperForm,),
}
EVERY = [(group, item) for group, items in ITEMS.items() for item in items]


def held() -> set[str]:
    """Every sealed attribute and plain column there is, as table.name."""
    plain = {f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns}
    return plain | {f"{entry.table}.{entry.key}" for entry in inventory()}


def test_no_group_is_forgotten():
    assert tuple(ITEMS) == GROUPS
    assert all(ITEMS.values())


@pytest.mark.parametrize(("group", "item"), EVERY)
def test_every_item_has_a_place_on_a_page_or_a_reason(group, item):
    """DA-6, DA-14, DA-15, DA-36, DA-40, DA-41."""
    entry = ITEMS[group][item]
    if "reason" in entry:
        assert len(entry["reason"]) > 30
        return
    assert entry["place"] in held()
    if "known" not in entry:
        box = entry.get("box") or entry["place"].partition(".")[2]
        assert any(hasattr(form, box) for form in FORMS_OF[group]), f"{box} is on no page of its group"


def test_what_every_page_asks_is_kept_somewhere():
    """The other way round: no box whose answer goes nowhere."""
    columns = {place.partition(".")[2] for place in held()}
    not_kept = {"version", "file", "address_not_known", "relationship_to_perpetrator"}
    for form in {form for group in FORMS_OF.values() for form in group}:
        boxes = {name for name in dir(form) if hasattr(getattr(form, name), "field_class")}
        lost = {name for name in boxes - columns - not_kept if not name.startswith(("way_", "phone_2"))}
        assert lost == set(), form.__name__
