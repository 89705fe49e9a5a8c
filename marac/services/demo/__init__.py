"""The demo partnership: an invented borough with a year of work in it and a meeting to prepare. Touches no real one."""

from marac.services.demo.loading import is_loaded, is_only_demo, load, partnership_id
from marac.services.demo.planning import SCALES, YEAR, plan
from marac.services.demo.signins import accounts, sign_ins
from marac.services.demo.values_held import facts, figures

__all__ = [
    "SCALES", "YEAR", "accounts", "facts", "figures", "is_loaded", "is_only_demo", "load", "partnership_id", "plan",
    "sign_ins",
]  # fmt: skip
