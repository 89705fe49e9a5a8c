"""The risk part of a referral: one tool on one page, the first unless another is chosen. Refuses no low score."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken, StaleEdit
from marac.models import Referral
from marac.services.casework import assessments
from marac.services.referring import referral_tasks
from marac.web import drafts, rewording, risk_layout, widgets
from marac.web.errors import conflict_page
from marac.web.forms import checklists as forms
from marac.web.referrals import found
from marac.web.shell import time_of_day
from marac.workflows import checklists
from marac.workflows.definitions import Checklist

bp = Blueprint("referral_risk", __name__)

TASK = "risk"
MORE = "Some answers ask for more. Open the risk part again to see what."


@dataclass(frozen=True, slots=True)
class Asked:
    """The tool that is filled in, and the referral it is for."""

    session: Any
    actor: Actor
    referral: Referral
    tool: Checklist
    address: str

    def saved(self) -> dict[str, Any]:
        """What is held for it."""
        return referral_tasks.saved(self.session, self.referral, TASK, self.tool.id)


@bp.route("/referrals/<reference>/risk", methods=["GET", "POST"])
def risk(reference: str) -> Any:
    """The tool begun last, or the first offered."""
    return _answer(*found(reference), "")


@bp.route("/referrals/<reference>/risk/<tool>", methods=["GET", "POST"])
def with_tool(reference: str, tool: str) -> Any:
    """The tool that was chosen."""
    return _answer(*found(reference), tool)


def _answer(session: Any, actor: Actor, referral: Referral, wanted: str) -> Any:
    referral_tasks.open_form(session, actor, referral)
    try:
        tool = assessments.tool_to_fill(session, referral, wanted)
    except RuleBroken:
        raise NotFound from None
    address = url_for(".risk", reference=referral.reference)
    if wanted:
        address = url_for(".with_tool", reference=referral.reference, tool=tool.id)
    asked = Asked(session, actor, referral, tool, address)
    held = asked.saved()
    form = forms.form_class(tool)(
        data={**forms.from_facts(tool, held), "version": referral_tasks.edition_of(held)}
    )  # fmt: skip
    answer = drafts.meet(form, referral.case, saves=True)
    if answer is not None or request.method == "GET":
        return answer or _page(asked, form)
    return _taken(asked, form)


def _taken(asked: Asked, form: Any) -> Any:
    """What was typed: saved by itself, refused with nothing lost, or saved and left."""
    unreadable = _check(asked.tool, form)
    if drafts.by_itself():
        return _save_by_itself(asked, form, unreadable)
    if form.errors:
        return _page(asked, form), 422
    try:
        _save(asked, form)
    except RuleBroken as problem:
        widgets.place(form, problem)
        return _page(asked, form), 422
    except StaleEdit:
        return _stale(asked, form)
    if _then() not in ("none", "remove") and _prompts(asked):
        flash(MORE, "information")
    return redirect(url_for("referrals.hub", reference=asked.referral.reference), code=303)


def _check(tool: Checklist, form: Any) -> bool:
    """Validate; says whether some box cannot be read. For later, only those are errors."""
    form.validate()
    wrong = [field for field in form if field.errors]
    unreadable = [field for field in wrong if any(str(one).strip() for one in field.raw_data or ())]
    if _then() == "later" or drafts.by_itself():
        for field in wrong:
            field.errors = field.errors if field in unreadable else ()
    elif _then() not in ("none", "remove") and not unreadable:
        try:
            forms.complain(form, checklists.score(tool, forms.to_facts(form, tool)["answers"]))
        except RuleBroken as problem:
            widgets.place(form, RuleBroken(forms.box_of(tool, problem.field), problem.message))
    return bool(unreadable)


def _save_by_itself(asked: Asked, form: Any, unreadable: bool) -> Any:
    """Save what can be read; what cannot be yet is kept for the writer as it was typed."""
    if unreadable:
        return drafts.keep()
    try:
        with asked.session.begin_nested():
            _save(asked, form)
    except RuleBroken:
        return drafts.keep()
    except StaleEdit:
        return drafts.keep(message="Someone else changed this.", url=asked.address)
    drafts.drop()
    return jsonify(saved=time_of_day(clock.now()), version=referral_tasks.edition_of(asked.saved()))


def _save(asked: Asked, form: Any) -> None:
    done = not drafts.by_itself() and _then() not in ("later", "remove")
    typed: dict[str, Any] = forms.to_facts(form, asked.tool) | {"for_later": not done}
    if _then() == "none":
        typed = {"no_checklist": True}
    if _then() == "remove":
        typed = {"no_checklist": True, "checklist": asked.tool.id}
    edition = (form.version.data or None) if _then() != "none" else None
    referral_tasks.save_task(
        asked.session, asked.actor, asked.referral, TASK, typed, edition=edition, done=done
    )  # fmt: skip


def _then() -> str:
    """Which button: on to the list, `later`, `none` (no checklist was used) or `remove` (take this one out)."""
    return request.form.get("then", "")


def _prompts(asked: Asked) -> list[dict[str, str]]:
    here = f"/referrals/{asked.referral.reference}"
    answers = asked.saved().get("answers") or {}
    return risk_layout.prompts(asked.tool, answers, assessments.tools_of(asked.session, asked.referral), here)


def _page(asked: Asked, form: Any) -> str:
    begun = {one.checklist for one in assessments.of_referral(asked.session, asked.referral)}
    made_for = assessments.suggested_tool(asked.session, asked.referral)
    rewording.reword(form, asked.referral.programme)
    link = _link(asked, made_for, begun) if made_for and made_for.id not in (asked.tool.id, *begun) else None
    return render_template(
        "referrals/risk.html", referral=asked.referral, form=form, action=asked.address, tool=asked.tool,
        shown=risk_layout.shown(form, asked.tool), prompts=_prompts(asked), suggested=link,
        begun=asked.tool.id in begun, so_far=_so_far(asked),
        tools=[_link(asked, one, begun) for one in assessments.tools_of(asked.session, asked.referral)],
    )  # fmt: skip


def _so_far(asked: Asked) -> list[str]:
    """What the answers of a matrix come to, with what is not known beside it; a count says so itself."""
    answers = asked.saved().get("answers") or {}
    if asked.tool.rule != "weighted_sum" or not answers:
        return []
    found = assessments.score_now(asked.session, asked.referral, asked.tool, answers)
    return risk_layout.count_of(asked.tool, found)


def _link(asked: Asked, tool: Checklist, begun: set[str]) -> dict[str, Any]:
    href = url_for(".with_tool", reference=asked.referral.reference, tool=tool.id)
    return {"name": tool.name, "href": href, "current": tool.id == asked.tool.id, "begun": tool.id in begun}


def _stale(asked: Asked, form: Any) -> Any:
    """Somebody else saved first: both versions side by side, nothing of either lost."""
    theirs = forms.form_class(asked.tool)(formdata=None, data=forms.from_facts(asked.tool, asked.saved()))
    return conflict_page(yours=drafts.lines(form), theirs=drafts.lines(theirs), back=asked.address)
