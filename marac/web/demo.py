"""The demo's list of sign-ins, so that a newcomer can be anybody in it. Answers on this machine alone."""

from typing import Final

from flask import Blueprint, Flask, render_template

from marac.config import LOOPBACK
from marac.errors import NotFound
from marac.services import demo
from marac.services.keeping.deployment import Deployment
from marac.vocabulary import Role
from marac.web import unit_of_work

bp = Blueprint("demo", __name__)

ADDRESS: Final = "/demo-accounts"


def set_up(app: Flask, deployment: Deployment) -> None:
    """Tell every page where the list is, when there is one."""
    app.jinja_env.globals["demo_url"] = ADDRESS if is_open(deployment) else ""


def is_open(deployment: Deployment) -> bool:
    """Only a service on this machine, over plain http, that holds nothing but a demo partnership."""
    here = any(f"//{name}" in deployment.settings.base_url for name in LOOPBACK)
    return here and not deployment.settings.secure and demo.is_only_demo(deployment)


@bp.get(ADDRESS)
def accounts() -> str:
    """Every demo account with its password and the code of this half minute."""
    house = unit_of_work.deployment()
    if not is_open(house):
        raise NotFound
    found = demo.sign_ins(unit_of_work.session(), house.keyring)
    return render_template("signin/demo_accounts.html", accounts=found, roles=Role)
