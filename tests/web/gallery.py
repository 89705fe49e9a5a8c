"""A small application that shows every component of the shell in every state: to look at, and for the shell's tests."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, flash, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemLoader

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit
from marac.paths import STATIC
from marac.web import errors, headers, shell, widgets
from marac.web.errors import conflict_page

YES_NO = (("yes", "Yes"), ("no", "No"), ("dont_know", "Don't know"))
KNOWN = (("not_known", "Not known"), ("known", "Known"))
NAVIGATION = [
    {"text": "Today", "href": "/", "current": True, "count": 0},
    {"text": "Referrals", "href": "/referrals", "current": False, "count": 6},
    {"text": "Cases", "href": "/cases", "current": False},
    {"text": "Panels", "href": "/panels", "current": False},
    {"text": "Actions", "href": "/actions", "current": False, "count": 2},
]


class PersonForm(widgets.PageForm):
    """Every kind of field."""

    full_name = widgets.name_field(required="Enter their full name", hint="Use the name they prefer.")
    born_on = widgets.date_field("Date of birth", required="Enter a date of birth or an age")
    told = widgets.choice_field("Have you told them about this referral?", YES_NO[:2], required="Select yes or no")
    why_not = widgets.long_text_field("Why it was not safe to tell them")
    needs = widgets.many_field("What they need", (("interpreter", "Interpreter"), ("loop", "Hearing loop")))
    agency = widgets.select_field("Agency", (("", "Choose"), ("police", "Police"), ("housing", "Housing options")))
    children = widgets.number_field("Number of children", low=0, high=20)
    confidential = widgets.tick_field("The address must be kept secret")
    version = widgets.hidden_field("1")


class DashForm(widgets.PageForm):
    """Three questions of a longer list."""

    q1 = widgets.choice_field(
        "Has the current incident resulted in injury?", YES_NO, required="Answer question 1 or choose Don't know"
    )
    q2 = widgets.choice_field("Are you very frightened?", YES_NO, required="Answer question 2 or choose Don't know")
    q3 = widgets.choice_field("Do you feel isolated from family or friends?", YES_NO)


class ResearchForm(widgets.PageForm):
    """Two rows of the research sheet."""

    k1 = widgets.choice_field("Case 1, Begum, Amina", KNOWN)
    k2 = widgets.choice_field("Case 2, O'Connor, Siobhan", KNOWN)
    private1 = widgets.long_text_field("Private to your agency")
    share1 = widgets.long_text_field(
        "What you plan to share", hint="Only what is relevant and proportionate to risk. Say if it is fact or opinion."
    )


def case_facts() -> dict[str, Any]:
    """One invented case, fully filled in."""
    today = clock.today()
    return {
        "person": {
            "name": "Amina Begum",
            "ref": "K7D-42Q",
            "tags": ["Listed 12 Nov, item 4", "Repeat"],
            "facts": [
                {"term": "Born", "text": "27 March 1991 (34)"},
                {"term": "Children", "text": "2"},
                {"term": "Alleged perpetrator", "text": "Karim Begum, husband"},
                {"term": "IDVA", "text": "R. Lowe, Solace"},
                {"term": "Risk", "text": "16 yes of 24"},
            ],
        },
        "flags": [
            {"kind": "stop", "text": "Do not phone. Contact through IDVA only"},
            {"kind": "stop", "text": "Address confidential"},
            {"kind": "care", "text": "Visit in pairs"},
            {"kind": "need", "text": "Interpreter: Sylheti"},
            {"kind": "need", "text": "Hearing loop"},
        ],
        "rules": {
            "headline": "Contact through IDVA only",
            "stale": True,
            "checked": "Checked 3 October 2025 by R. Lowe, Solace.",
            "update_url": "/update",
            "methods": [
                {"method": "Phone", "answer": "No"},
                {"method": "Text", "answer": "Only between", "detail": "9am and 2pm, weekdays"},
                {"method": "Letter", "answer": "Not asked"},
                {"method": "Through someone else", "answer": "Yes", "detail": "R. Lowe, Solace"},
            ],
            "lines": ["If someone else answers, say you are calling about a library book."],
        },
        "tabs": [
            {
                "text": text,
                "href": f"/case/{text.lower()}",
                "current": text == "Summary",
                "count": 3 if text == "Actions" else None,
            }
            for text in (
                "Summary",
                "People",
                "Risk",
                "Research",
                "Actions",
                "Panels",
                "Sanctuary",
                "Documents",
                "History",
            )
        ],
        "work": [
            {
                "due": shell.due_words(today - timedelta(2)),
                "kind": "overdue",
                "text": "Lock change at the new address",
                "href": "/a",
                "time": "About 1 minute",
            },
            {
                "due": shell.due_words(today),
                "kind": "today",
                "text": "Decide a referral from the hospital",
                "href": "/b",
                "urgent": True,
                "note": "K7D-42Q",
            },
            {
                "due": shell.due_words(today + timedelta(3)),
                "kind": "soon",
                "text": "Research for the next panel",
                "href": "/c",
                "time": "About 6 minutes",
            },
        ],
    }


def frame() -> dict[str, Any]:
    """What the sign-in gives to every page, faked."""
    return {
        "navigation": NAVIGATION,
        "signed_in": {"name": "A. Okafor", "role": "Coordinator", "agency": "Tower Hamlets Council"},
        "find_url": "/find",
        "account_url": "/account",
        "sign_out_url": "/sign-out",
        "lock_url": "/lock",
        "idle_seconds": int(request.args.get("idle", 900)),
        "keep_url": "/keep",
        "end_url": "/sign-in",
    }


def components() -> Any:
    """GET: every component. POST: the same with errors, or on to the next page."""
    form = PersonForm()
    if form.validate_on_submit():
        flash("Referral sent.", "success")
        return redirect("/?sent=1")
    if request.method == "GET" and "flash" in request.args:
        for kind in ("information", "success", "warning", "error"):
            flash(f"A message of the kind {kind}.", kind)
    return render_template("gallery/components.html", form=form, **case_facts()), 422 if form.errors else 200


def long_form() -> Any:
    """The DASH rows and the research rows."""
    form, research = DashForm(), ResearchForm(formdata=None)
    if request.method == "POST":
        form.validate()
    return render_template("gallery/questions.html", form=form, research=research), 422 if form.errors else 200


def run() -> Any:
    """The Run screen's layout."""
    return render_template("gallery/run.html", idle_seconds=0, **case_facts())


def autosave() -> Any:
    """Answers as the Run screen's server does."""
    if request.form.get("information") == "conflict":
        return jsonify(message="Someone changed this at 10:31am. Choose which version to keep", url="/conflict"), 409
    return jsonify(saved=shell.time_of_day(clock.now()), version=int(request.form.get("version", 1)) + 1)


def refuse(kind: str) -> Any:
    """Raises the refusal named in the address."""
    raise {"404": NotFound(), "403": NotAllowed(), "409": StaleEdit(), "422": RuleBroken("field", "Say why.")}.get(
        kind
    ) or RuntimeError("Amina")


def conflict() -> Any:
    """Both versions."""
    pair = (
        ("Risk summary", "He was released on Friday and knows the school."),
        ("Risk summary", "He is on remand until 20 November."),
    )
    return conflict_page(yours=pair[:1], theirs=pair[1:], back="/", who_and_when="A. Okafor at 10:31am")


def make_gallery(**settings: Any) -> Flask:
    """The gallery application; settings as Flask's."""
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static/gallery")
    app.config.from_mapping({"SECRET_KEY": "gallery", "WTF_CSRF_TIME_LIMIT": None, **settings})
    shell.set_up(app)
    app.jinja_loader.loaders.append(FileSystemLoader(Path(__file__).parent / "templates"))  # type: ignore[union-attr]
    headers.set_up(app)
    errors.set_up(app)
    CSRFProtect(app)
    app.context_processor(lambda: {} if request.path.startswith("/out") else frame())
    app.add_url_rule("/", "components", components, methods=["GET", "POST"])
    app.add_url_rule("/questions", "questions", long_form, methods=["GET", "POST"])
    app.add_url_rule("/run", "run", run)
    app.add_url_rule("/triage", "triage", lambda: render_template("gallery/triage.html", **case_facts()))
    app.add_url_rule("/case", "case", lambda: render_template("gallery/case.html", **case_facts()))
    app.add_url_rule("/reveal", "reveal", lambda: render_template("gallery/reveal.html", **case_facts()))
    app.add_url_rule("/autosave", "autosave", autosave, methods=["POST"])
    app.add_url_rule("/keep", "keep", lambda: Response(status=204), methods=["POST"])
    app.add_url_rule("/lock", "lock", lambda: redirect("/out/help"), methods=["POST"])
    app.add_url_rule("/sign-out", "sign_out", lambda: redirect("/out/help"), methods=["POST"])
    app.add_url_rule("/refuse/<kind>", "refuse", refuse, methods=["GET", "POST"])
    app.add_url_rule("/conflict", "conflict", conflict)
    for page in ("help", "privacy", "accessibility", "safety"):
        app.add_url_rule(f"/{page}", page, render_template, defaults={"template_name_or_list": f"{page}.html"})
        app.add_url_rule(
            f"/out/{page}", f"out_{page}", render_template, defaults={"template_name_or_list": f"{page}.html"}
        )
    return app


if __name__ == "__main__":
    make_gallery().run(port=8055)
