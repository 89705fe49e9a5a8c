"""Every move of the Sanctuary Scheme's life-cycles, written by hand from the scheme's own list of states."""

LINE = (
    "submitted in_triage awaiting_information landlord_permission survey_booked survey_done fire_consult specification "
    "approval works_ordered installed sign_off safety_plan_and_markers follow_up"
)
FROZEN = "perpetrator_returned_or_has_right"
HELD = f"on_hold {FROZEN} withdrawn_by_victim refuge"
OPEN = f"{LINE} on_hold {FROZEN}"

RESUMING = "\n".join(f"resume_{stage}: {HELD} > {stage}" for stage in LINE.split())
SANCTUARY = f"""
submit: draft > submitted
discard: draft > closed
triage: submitted > in_triage
ask_information: in_triage > awaiting_information
answer: awaiting_information > in_triage
take_up: awaiting_information landlord_permission > in_triage
ask_landlord: in_triage awaiting_information > landlord_permission
decline: in_triage awaiting_information landlord_permission survey_done specification {FROZEN} > ineligible
close_unsuitable: ineligible > closed
book_survey: in_triage awaiting_information landlord_permission > survey_booked
rebook_survey: survey_booked > survey_booked
record_survey: survey_booked > survey_done
ask_fire_review: survey_done > fire_consult
record_fire_review: fire_consult > specification
specify: survey_done > specification
correct_survey: specification fire_consult > survey_done
send_for_approval: specification > approval
approve: approval > works_ordered
send_back: approval > specification
install: works_ordered > installed
complete_job: works_ordered > installed
order_again: installed > works_ordered
ask_sign_off: installed > sign_off
sign_off: sign_off > safety_plan_and_markers
begin_follow_up: safety_plan_and_markers > follow_up
close: follow_up > closed
withdraw: {OPEN} > withdrawn_by_victim
freeze: {LINE} on_hold closed > {FROZEN}
report_moved: {OPEN} closed > moved
report_refuge: {OPEN} > refuge
mark_duplicate: {OPEN} > duplicate
report_died: {OPEN} closed > died
hold: {LINE} > on_hold
{RESUMING}
close_stopped: withdrawn_by_victim refuge {FROZEN} moved > closed
end_measures: closed follow_up moved refuge withdrawn_by_victim > removed_ended
"""
ADDRESS_FLAG = """
place: add_requested > added
review: added > added
ask_removal: add_requested added > remove_requested
remove: remove_requested > removed
"""
WORKS_ORDER = """
accept: offered > accepted
complete: accepted > completed
withdraw: offered accepted > withdrawn
"""
VISIT = """
record: booked > done
miss: booked > not_in
cancel: booked > cancelled
call_off: booked > cancelled
"""
FOLLOW_UP = """
record: due > done
try: due > due
give_up: due > unreachable
drop: due > not_needed
"""
ORACLE = {
    "sanctuary": SANCTUARY, "address_flag": ADDRESS_FLAG, "works_order": WORKS_ORDER, "visit": VISIT,
    "follow_up": FOLLOW_UP,
}  # fmt: skip

# Who may do what, by role: r whoever asked (referrer, representative, deputy), i IDVA, o officer and coordinator,
# s surveyor, b budget holder, j timed jobs and the last job of a contractor.
WHO = {
    "submit": "rio", "discard": "rio", "answer": "rio", "triage": "o", "ask_information": "o", "take_up": "o",
    "ask_landlord": "o", "decline": "o", "close_unsuitable": "o", "book_survey": "os", "rebook_survey": "os",
    "record_survey": "os", "ask_fire_review": "os", "record_fire_review": "os", "specify": "o", "correct_survey": "os",
    "send_for_approval": "o", "approve": "ob", "send_back": "ob", "install": "o", "complete_job": "j",
    "order_again": "o", "ask_sign_off": "os", "sign_off": "os", "begin_follow_up": "io", "close": "o",
    "withdraw": "rios", "freeze": "rios", "report_moved": "rios", "report_refuge": "rios", "mark_duplicate": "o",
    "report_died": "rios", "hold": "o", "close_stopped": "o", "end_measures": "o",
    **{f"resume_{stage}": "o" for stage in LINE.split()},
}  # fmt: skip
ROLES = {
    "r": ("referrer", "representative", "deputy"), "i": ("idva",), "o": ("sanctuary_officer", "coordinator"),
    "s": ("crime_prevention_officer",), "b": ("service_manager", "team_leader"), "j": ("system",),
}  # fmt: skip
