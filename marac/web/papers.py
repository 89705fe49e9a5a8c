"""Papers: attached to a referral or a case, listed, downloaded under a name that says nothing. Decides nothing."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from marac.errors import RuleBroken
from marac.services.referring import papers
from marac.services.referring.papers import Attached, PaperLine
from marac.vocabulary import PaperKind
from marac.web import signin, unit_of_work, widgets
from marac.web.cases import opened, page
from marac.web.forms.papers import PaperForm
from marac.web.referrals import found
from marac.web.shell import date_and_time

bp = Blueprint("papers", __name__)


@bp.route("/referrals/<reference>/papers", methods=["GET", "POST"])
def of_referral(reference: str) -> Any:
    """The papers that come with a referral; its writers add to them while the form is open."""
    session, actor, referral = found(reference)
    form = PaperForm()
    here = url_for(".of_referral", reference=referral.reference)
    if form.validate_on_submit():
        try:
            papers.add_to_referral(session, actor, referral, _attached(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return _added(here)
    lines = papers.list_papers(session, actor, referral.case, referral)
    return render_template(
        "papers/referral.html", form=form, referral=referral, rows=_rows(lines), action=here
    ), 422 if form.errors else 200


@bp.route("/cases/<reference>/documents", methods=["GET", "POST"])
def of_case(reference: str) -> Any:
    """The papers of a case, whichever referral they came with."""
    actor, case, head = opened(reference, "documents")
    session, form = unit_of_work.session(), PaperForm()
    here = url_for(".of_case", reference=case.reference)
    if form.validate_on_submit():
        try:
            papers.add_to_case(session, actor, case, _attached(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            return _added(here)
    rows = _rows(papers.list_papers(session, actor, case))
    facts = {"rows": rows, "form": form, "action": here, "adds": papers.may_add(session, actor, case)}
    return page(head, "documents", **facts), 422 if form.errors else 200


@bp.get("/documents/<uuid:paper_id>")
def download(paper_id: UUID) -> Response:
    """One paper as a file, never shown inside a page."""
    paper, file = papers.read_paper(unit_of_work.session(), signin.person(), paper_id)
    answer = Response(file.content, mimetype=file.media)
    name = f"casework-{paper.id.hex[:8]}.{file.ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/documents/<uuid:paper_id>/remove")
def remove(paper_id: UUID) -> Any:
    """Take out a paper added by mistake."""
    referral = papers.remove_paper(unit_of_work.session(), signin.person(), paper_id)
    flash("The paper was taken out.", "success")
    return redirect(url_for(".of_referral", reference=referral.reference), code=303)


def _attached(form: PaperForm) -> Attached:
    upload = request.files.get("file")
    return Attached(upload.read() if upload else b"", PaperKind(form.kind.data), form.title.data or "")


def _added(here: str) -> Any:
    flash("The paper was added.", "success")
    return redirect(here, code=303)


def _rows(lines: list[PaperLine]) -> list[dict[str, Any]]:
    return [
        {
            "id": line.id, "title": line.title, "kind": line.kind.label if line.kind else "",
            "size": f"{line.ending.upper()}, {max(1, round(line.size / 1024))} kB" if line.ending else "",
            "added": f"{date_and_time(line.added_at)} by {line.agency}", "removable": line.removable,
        }
        for line in lines
    ]  # fmt: skip
