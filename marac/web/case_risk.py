"""The risk tab of a case: every assessment, two side by side, and a new one. A count is shown and never a verdict."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marac import clock
from marac.access import Actor
from marac.errors import NotAllowed, NotFound, RuleBroken
from marac.models import Case
from marac.services.casework import assessments, case_tabs, risk_history, risk_tools
from marac.services.casework.case_page import Head
from marac.services.casework.risk_history import Made
from marac.web import drafts, rewording, risk_chart, risk_layout, unit_of_work, widgets
from marac.web.cases import opened, page
from marac.web.forms import checklists as forms
from marac.web.risk_chart import RiskChart
from marac.workflows import checklists
from marac.workflows.definitions import Checklist

bp = Blueprint("case_risk", __name__)


@bp.get("/cases/<reference>/risk")
def risk(reference: str) -> Any:
    """Every assessment, and what each referral said."""
    actor, case, head = opened(reference, "risk")
    return _tab(actor, case, head)


@bp.get("/cases/<reference>/risk/compare")
def compare(reference: str) -> Any:
    """Two of the same tool and version, with the questions whose answer changed first."""
    actor, case, head = opened(reference, "risk")
    found = risk_history.list_assessments(unit_of_work.session(), actor, case, head)
    try:
        both = risk_history.compare(found, request.args.getlist("pick"))
    except RuleBroken as problem:
        return _tab(actor, case, head, refused=problem.message), 422
    rows = [risk_layout.compared_row(*row, changed=row in both.changed) for row in both.rows]
    return render_template("cases/risk_compare.html", case=case, both=both, rows=rows, changed=len(both.changed))


@bp.route("/cases/<reference>/risk/new", methods=["GET", "POST"])
def new(reference: str) -> Any:
    """Assess again with the tool that is offered first."""
    return _new(reference, "")


@bp.route("/cases/<reference>/risk/new/<tool>", methods=["GET", "POST"])
def new_with(reference: str, tool: str) -> Any:
    """Assess again with the tool that was chosen."""
    return _new(reference, tool)


def _tab(actor: Actor, case: Case, head: Head, *, refused: str = "") -> str:
    session = unit_of_work.session()
    found = risk_history.list_assessments(session, actor, case, head)
    alike = [one.alike for one in found if one.tool and one.tool.questions]
    return page(
        head, "risk", refused=refused,
        made=[(one, *_read(one)) for one in found],
        may_compare=len(alike) > len(set(alike)),
        lines=[_drawn(case, line) for line in risk_history.lines_of(found)],
        due=risk_history.due_again(session, case, found),
        add=url_for(".new", reference=case.reference) if assessments.may_add(actor, case) else "",
        accounts=case_tabs.accounts(session, actor, case, head),
    )  # fmt: skip


def _drawn(case: Case, line: tuple[Made, ...]) -> RiskChart:
    """One version over time, with the bands as this partnership reads them today."""
    tool = line[0].tool
    if tool is None:
        raise NotFound
    return risk_chart.drawn(line, risk_tools.reading(unit_of_work.session(), case, tool, clock.today()))


def _read(one: Made) -> tuple[str, list[str], list[list[Any]]]:
    """What it came to, its red flags, and its answers as rows."""
    return risk_layout.made_count(one), risk_layout.flags_of(one.tool, one.red_flags), risk_layout.made_rows(one)


def _new(reference: str, wanted: str) -> Any:
    actor, case, head = opened(reference, "risk")
    session = unit_of_work.session()
    if case.state in assessments.OVER or "risk" not in head.opened:
        raise NotAllowed
    tools = assessments.tools_to_add(session, actor, case)
    tool = next((one for one in tools if one.id == wanted), None) if wanted else tools[0]
    if tool is None:
        raise NotFound
    form = forms.form_class(tool, on_case=True)()
    answer = drafts.meet(form, case)
    if answer is not None:
        return answer
    if request.method == "POST" and _added(session, actor, case, tool, form):
        flash("The assessment is added. The earlier ones are kept.", "success")
        return redirect(url_for(".risk", reference=case.reference), code=303)
    rewording.reword(form, case.programme)
    links = [(one, url_for(".new_with", reference=case.reference, tool=one.id)) for one in tools if one is not tool]
    return render_template(
        "cases/risk_new.html", case=case, form=form, tool=tool, tools=links, action=request.path,
        shown=risk_layout.shown(form, tool),
    ), 422 if form.errors else 200  # fmt: skip


def _added(session: Any, actor: Actor, case: Case, tool: Checklist, form: Any) -> bool:
    """Whether what was typed is kept; if not, the form says why beside the question."""
    if not form.validate():
        return False
    typed = forms.to_facts(form, tool)
    try:
        forms.complain(form, checklists.score(tool, typed["answers"]))
        if not form.errors:
            assessments.add_assessment(session, actor, case, tool.id, typed)
    except RuleBroken as problem:
        box = problem.field if problem.field in form else forms.box_of(tool, problem.field)
        widgets.place(form, RuleBroken(box, problem.message))
    return not form.errors
