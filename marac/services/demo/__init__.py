"""The demo partnership: an invented borough with a year of work in it and a meeting to prepare. Touches no real one."""

from marac.services.demo.loading import is_loaded, is_only_demo, load
from marac.services.demo.planning import SCALES, plan
from marac.services.demo.signins import accounts, sign_ins
from marac.services.demo.values_held import facts, figures

__all__ = ["SCALES", "accounts", "facts", "figures", "is_loaded", "is_only_demo", "load", "plan", "sign_ins"]
