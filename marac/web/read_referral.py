"""A Word or PDF referral, read into proposals and confirmed by a person; only then a draft. Keeps no file."""

from collections.abc import Sequence
from typing import Any, Final, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from marac.errors import RuleBroken
from marac.services.reading import referral_forms
from marac.services.reading.referral_forms import Taken
from marac.services.referring.task_lists import TASKS
from marac.vocabulary import PersonRole
from marac.web import signin, unit_of_work, widgets
from marac.web.forms import read_referral as forms
from marac.web.forms.read_referral import Group, Line
from marac.workflows.form_proposals import Reading, Unplaced

bp = Blueprint("read_referral", __name__)

TITLES: Final = {task.key: task.label for task in TASKS}
ONE_OF_SEVERAL: Final = {"children": "Child", "other-person": "Alleged perpetrator"}
NO_BOX: Final = "The referral has no box for this"
MOST_CARRIED: Final = 300_000  # characters of lines that a page carries
WORN: Final = "This page was changed on its way. Choose the file again"
NOTHING: Final = "Tick at least one answer to use, or start an empty referral"

Lines = dict[tuple[str, int, str], Line]


@bp.route("/referrals/read", methods=["GET", "POST"])
def read() -> Any:
    """Choose the file; then what it says, each answer beside its line. Nothing is saved."""
    actor, form = signin.person(), forms.FileForm()
    referral_forms.require_reader(actor)
    if form.validate_on_submit():
        upload = request.files.get("file")
        try:
            content = upload.read() if upload else b""
            return _proposed(referral_forms.read_form(unit_of_work.session(), actor, content))
        except RuleBroken as problem:
            widgets.place(form, problem)
    return render_template("referrals/read.html", form=form), 422 if form.errors else 200


@bp.post("/referrals/read/use")
def use() -> Any:
    """What is ticked becomes a draft; or the page again with what is wrong in it."""
    actor, form = signin.person(), forms.TakeForm()
    referral_forms.require_reader(actor)
    carried = _opened(form.read.data or "")
    if carried is None or not form.validate():
        again = forms.FileForm(formdata=None)
        again.form_errors = [WORN]
        return render_template("referrals/read.html", form=again), 422
    lines, left = carried
    groups = forms.groups(lines, MultiDict(request.form))
    form.links = [link for group in groups for link in group.check()]
    if form.links:
        form.form_errors = [link["text"] for link in form.links]
    elif not any(group.ticked for group in groups):
        form.form_errors = [NOTHING]
    if form.form_errors:
        return _page(form, groups, left), 422
    keyring = unit_of_work.deployment().keyring
    referral = referral_forms.begin(unit_of_work.session(), keyring, actor, [_taken(group) for group in groups])
    flash("The draft is begun. Look through each part, and complete it.", "success")
    return redirect(url_for("referrals.hub", reference=referral.reference), code=303)


def _proposed(reading: Reading) -> Any:
    """The page of what was read."""
    placed = [one for one in reading.proposals if forms.fits(one)]
    lines = {(one.part, one.index, one.name): Line(one.source, one.place, one.sure) for one in placed}
    lost = dict.fromkeys(Unplaced(one.source, one.place, NO_BOX) for one in reading.proposals if not forms.fits(one))
    left = list(dict.fromkeys([*reading.unplaced, *lost]))
    form = forms.TakeForm(formdata=None)
    form.read.data = _carried(lines, left)
    return _page(form, forms.groups(lines, forms.as_typed(placed)), left)


def _page(form: Any, groups: Sequence[Group], left: Sequence[Unplaced]) -> str:
    shown = [(_title(group, groups), list(forms.rows(group))) for group in groups]
    return render_template("referrals/read_use.html", form=form, groups=shown, left=left, ticks=forms.TICKS)


def _title(group: Group, groups: Sequence[Group]) -> str:
    several = sum(other.part == group.part for other in groups) > 1
    single = ONE_OF_SEVERAL.get(group.part)
    return f"{single} {group.index + 1}" if several and single else single or TITLES[group.part]


def _taken(group: Group) -> Taken:
    facts = group.facts()
    if group.part == "children" and facts:
        facts["role"] = PersonRole.CHILD.value
    return Taken(group.part, facts)


def _carried(lines: Lines, left: Sequence[Unplaced]) -> str:
    """Where each answer was read and what fits nowhere, signed for this person: the page that sends it back is ours."""
    room, kept = MOST_CARRIED, []
    for one in left:
        room -= len(one.text)
        kept += [[one.text, one.place, one.why]] if room > 0 else []
    told = [[*key, line.source[:2_000], line.place, line.sure] for key, line in lines.items()]
    return str(_signer().dumps([told, kept]))


def _opened(carried: str) -> tuple[Lines, list[Unplaced]] | None:
    try:
        told, left = _signer().loads(carried)
    except BadSignature:
        return None
    lines = {(part, index, name): Line(source, place, sure) for part, index, name, source, place, sure in told}
    return lines, [Unplaced(*one) for one in left]


def _signer() -> URLSafeSerializer:
    whose = signin.person().user_id
    return URLSafeSerializer(cast(bytes, current_app.secret_key), salt=f"referral read {whose}")
