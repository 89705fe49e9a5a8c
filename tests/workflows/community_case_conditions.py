"""Each condition of the Community MARAC case broken beside its field, and met; test_guards.py walks them."""

from datetime import date, timedelta

from marac.vocabulary import Grade, MinuteHeading
from marac.workflows import community_marac as rules

DAY = date(2026, 3, 10)
LATER = DAY + timedelta(days=1)
WRITTEN = dict.fromkeys(rules.RECORD.risks, "None")
ENDING = {"closing_outcome": "resolved", "victim_view": "", "no_view_reason": "Moved", "step_down": "None",
          "closing_word": "By letter"}  # fmt: skip

CASES = [
    (rules.risk_summary_complete, {"minutes": {**WRITTEN, MinuteHeading.RISK_STAFF: " "}}, "risk_staff",
     {"minutes": WRITTEN}),
    (rules.review_day_reached, {"today": DAY, "due_on": LATER}, "review_on", {"today": DAY, "due_on": DAY}),
    (rules.review_day_reached, {"today": DAY}, "review_on", {"today": DAY, "due_on": DAY}),
    (rules.inside_repeat_window, {"today": LATER, "window_end": DAY}, "into", {"today": DAY, "window_end": DAY}),
    (rules.powers_considered, {"highest": Grade.HIGH, "powers_undecided": 1}, "powers",
     {"highest": Grade.HIGH, "powers_undecided": 0}),
    (rules.powers_considered, {"highest": None, "powers_undecided": 1}, "powers",
     {"highest": Grade.MEDIUM, "powers_undecided": 1}),
    (rules.care_act_answered, {"care_act_unanswered": 1}, "care_act", {"care_act_unanswered": 0}),
    (rules.scored_again, {"scored_again": False}, "score", {"scored_again": True}),
    (rules.no_longer_high, {"band": Grade.HIGH, "statutory_plan": " "}, "statutory_plan",
     {"band": Grade.HIGH, "statutory_plan": "Child protection plan"}),
    (rules.quiet_long_enough, {"days_quiet": 27, "quiet_days": 28}, "incidents", {"days_quiet": 28, "quiet_days": 28}),
    (rules.ending_recorded, {**ENDING, "closing_outcome": "gone"}, "closing_outcome", ENDING),
    (rules.ending_recorded, {**ENDING, "no_view_reason": ""}, "no_view_reason", ENDING),
    (rules.ending_recorded, {**ENDING, "step_down": " "}, "step_down", ENDING),
    (rules.ending_recorded, {**ENDING, "closing_word": ""}, "closing_word", ENDING),
]  # fmt: skip
