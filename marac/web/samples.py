"""Audits of a sample of cases against the ten principles: drawn, answered, closed, printed. Totals for who reads
reports; cases for who audits and may open each (DA-53).
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template

from marac import access
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import SampleAudit
from marac.reports import of_samples
from marac.services.reporting import papers, samples
from marac.services.reporting.papers import Section
from marac.vocabulary import Permission as P, ProgrammeSlug, SampleAnswer, SampleState
from marac.web import signin, unit_of_work, widgets
from marac.web.forms.quality import AnswersForm, CloseForm, DrawForm
from marac.web.shell import long_date
from marac.workflows.principles import principles

bp = Blueprint("samples", __name__, url_prefix="/reports/quality/audits")
HEAD = ("Principle", *(one.label for one in SampleAnswer), "Met", "Met in the audit before")


@bp.route("", methods=["GET", "POST"])
def list_samples() -> Any:
    """The audits there are, and the form that draws another."""
    session, actor = unit_of_work.session(), signin.person()
    audits, form = access.holds(actor, P.QUALITY_REVIEW), DrawForm()
    if form.is_submitted():
        access.require_holds(actor, P.QUALITY_REVIEW)
    if form.validate_on_submit():
        try:
            made = samples.draw_sample(session, actor, _asked(form))
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The sample was drawn.", "success")
            return redirect(f"/reports/quality/audits/{made.id}", code=303)
    rows = [[_link(one), one.programme.label, one.state.label] for one in samples.list_samples(session, actor)]
    page = render_template("quality/audits.html", rows=rows, form=form if audits else None)
    return page, 422 if form.errors else 200


def _link(one: SampleAudit) -> dict[str, str]:
    return {
        "text": f"{long_date(one.first_on)} to {long_date(one.last_on)}",
        "href": f"/reports/quality/audits/{one.id}",
    }


def _asked(form: DrawForm) -> samples.Asked:
    return samples.Asked(
        ProgrammeSlug(form.programme.data), form.first_on.data, form.last_on.data, form.size.data, form.seed.data
    )


@bp.route("/<uuid:sample_id>", methods=["GET", "POST"])
def show(sample_id: UUID) -> Any:
    """What an audit found, its cases for who audits, and its closing."""
    session, actor = unit_of_work.session(), signin.person()
    sample, form = samples.get_sample(session, actor, sample_id), CloseForm()
    exact = access.holds(actor, P.QUALITY_REVIEW)
    if form.is_submitted():
        access.require_holds(actor, P.QUALITY_REVIEW)
    if form.validate_on_submit():
        try:
            samples.close_sample(session, actor, sample, changes=form.changes.data)
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The audit is closed. Nothing of it changes any more.", "success")
            return redirect(f"/reports/quality/audits/{sample_id}", code=303)
    number, rows = _rows(actor, sample, exact=exact)
    page = render_template(
        "quality/audit.html", sample=sample, exact=exact, number=number, rows=rows, head=HEAD,
        cases=_cases(actor, sample), changes=samples.changes_of(actor, sample),
        form=form if exact and sample.state is SampleState.OPEN else None,
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _rows(actor: Actor, sample: SampleAudit, *, exact: bool) -> tuple[int, list[list[str]]]:
    number, found = of_samples.results(unit_of_work.session(), actor, sample)
    return number, [
        [f"{one.principle.number}. {one.principle.title}", *one.words(exact=exact), *one.trend(exact=exact)]
        for one in found
    ]


def _cases(actor: Actor, sample: SampleAudit) -> list[list[Any]]:
    here = f"/reports/quality/audits/{sample.id}/cases"
    return [
        [{"text": one.case.reference, "href": f"{here}/{one.id}"}, long_date(one.reviewed_at) or "To do"]
        for one in samples.list_cases(unit_of_work.session(), actor, sample)
    ]


@bp.route("/<uuid:sample_id>/cases/<uuid:sampled_id>", methods=["GET", "POST"])
def answer(sample_id: UUID, sampled_id: UUID) -> Any:
    """The ten questions on one case; as they were answered, once the audit is closed."""
    session, actor = unit_of_work.session(), signin.person()
    sample = samples.get_sample(session, actor, sample_id)
    one = samples.get_case(session, actor, sample, sampled_id)
    notes = {f"note_{key}": note for key, note in (one.notes or {}).items()}
    form = AnswersForm(data={**one.answers, **notes, "version": str(one.version_id)})
    if form.validate_on_submit():
        try:
            samples.answer_case(
                session, actor, one, version=widgets.whole(form.version.data),
                answers={each.key: SampleAnswer(form[each.key].data) for each in principles() if form[each.key].data},
                notes={each.key: form[f"note_{each.key}"].data or "" for each in principles()},
            )  # fmt: skip
        except RuleBroken as problem:
            widgets.place(form, problem)
        else:
            flash("The answers were saved.", "success")
            return redirect(f"/reports/quality/audits/{sample_id}", code=303)
    page = render_template(
        "quality/answers.html", sample=sample, one=one, form=form, principles=principles(),
        labels={each.value: each.label for each in SampleAnswer}, changes=sample.state is SampleState.OPEN,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.post("/<uuid:sample_id>/paper.<any(pdf, docx):ending>")
def paper(sample_id: UUID, ending: str) -> Response:
    """What the audit found, to take along: totals with small numbers hidden, whoever makes it."""
    session, actor = unit_of_work.session(), signin.person()
    sample = samples.get_sample(session, actor, sample_id)
    _, rows = _rows(actor, sample, exact=False)
    about = f"{sample.programme.label}, cases heard {long_date(sample.first_on)} to {long_date(sample.last_on)}."
    sections = [
        Section("About", f"{about} {sample.state.label}. Numbers under five are hidden."),
        Section("What was found", header=HEAD, rows=tuple(map(tuple, rows)), widths=(5, 2, 2, 2, 2, 2, 2)),
        Section("What will change", samples.changes_of(actor, sample) or "The audit is not closed yet."),
    ]
    made = papers.make_paper(
        session, actor, "Audit against the ten principles", sections, kind="sample", in_word=ending == "docx"
    )
    sent = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.content, mimetype=made.media, headers=sent)
