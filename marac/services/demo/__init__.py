"""The demo partnership: an invented borough with a year of work in it and a meeting to prepare. Never touches a real one."""

from marac.services.demo.accounts import accounts
from marac.services.demo.facts import facts
from marac.services.demo.loading import load
from marac.services.demo.plan import SCALES, plan

__all__ = ["SCALES", "accounts", "facts", "load", "plan"]
