"""Referral forms as councils lay them out, filled in about invented people: each as a Word file and as a PDF.

A layout is blocks: ("heading", words), ("line", words), ("table", rows). Beside each, what it says.
"""

import io
import json

import typst
from docx import Document

SAID = "He came to the flat on Friday night and kicked the door until it broke. The children were in the next room."
SAID_MORE = "She says that it is worse since she told him that she wants to leave."
FEARED = "Karim, and his brother Jamal who lives nearby."

LABEL_BESIDE = (  # a table of two columns, as the SafeLives form has it
    ("heading", "MARAC referral form"),
    ("table", (
        ("Referring agency", "Elm Street Surgery"),
        ("Contact name(s)", "Dawn Pike"),
        ("Telephone / Email", "020 7946 0123"),
        ("Date", "14/11/2026"),
        ("Victim name", "Amina Begum"),
        ("Victim DOB", "27/03/1991"),
        ("Address", "14 Elm Row, London, E1 0AA"),
        ("Telephone number", "07700 900123"),
        ("Is this number safe to call?", "Yes ☒  No ☐"),
        ("Please insert any relevant contact information, e.g. times to call", "Weekdays before noon"),
        ("Diversity data (if known)", ""),
        ("B&ME", "Yes ☒  No ☐"),
        ("Disabled", "Yes ☐  No ☒"),
        ("LGBT", "Yes ☐  No ☒"),
        ("Gender", "Female"),
        ("Perpetrator(s) name", "Karim Uddin"),
        ("Perpetrator(s) DOB", "3 June 1988"),
        ("Perpetrator(s) address", "Flat 2, 8 Ash Walk, London E1 0AB"),
        ("Relationship to victim", "Former husband"),
    )),
    ("table", (
        ("Children (please add extra rows if necessary)", "DOB", "Relationship to victim",
         "Relationship to perpetrator", "School"),
        ("Sami Uddin", "01/09/2015", "Son", "Son", "Elm Primary"),
        ("Rina Uddin", "11/02/2018", "Daughter", "Daughter", "Elm Nursery"),
    )),
    ("heading", "Reason for referral / additional information"),
    ("table", (
        ("Professional judgement", "Yes ☐  No ☒"),
        ("Visible high risk (14 ticks or more on the risk checklist)", "Yes ☒  No ☐"),
        ("Potential escalation (3 or more police call-outs in 12 months)", "Yes ☒  No ☐"),
        ("MARAC repeat (further incident within 12 months of the last referral)", "Yes ☐  No ☒"),
        ("Background and risk issues", SAID),
        ("Is the person referred aware of MARAC referral?", "Yes ☒  No ☐"),
        ("If no, why not?", ""),
        ("Has the victim consented to the referral?", "Yes ☐  No ☒"),
        ("Who is the victim afraid of? (to include all potential threats, and not just primary perpetrator)", FEARED),
        ("Who does the victim believe it safe to talk to?", "Her sister"),
        ("Who does the victim believe it not safe to talk to?", "Anybody of his family"),
        ("Has the victim been referred to any other MARAC previously?", "No"),
    )),
)  # fmt: skip
BESIDE_SAYS = {
    "referrer-0-presented_by": "Dawn Pike", "referrer-0-referrer_phone": "020 7946 0123",
    "person-0-full_name": "Amina Begum", "person-0-born_on": "27 3 1991", "person-0-house_number": "14",
    "person-0-street": "Elm Row, London", "person-0-postcode": "E1 0AA", "person-0-sex": "female",
    "safe-contact-0-phone": "07700 900123", "safe-contact-0-way_phone": "yes", "equality-0-disability": "no",
    "other-person-0-full_name": "Karim Uddin", "other-person-0-born_on": "3 6 1988",
    "other-person-0-house_number": "Flat 2, 8", "other-person-0-street": "Ash Walk, London",
    "other-person-0-postcode": "E1 0AB", "other-person-0-relationship_to_victim": "Former husband",
    "children-0-full_name": "Sami Uddin", "children-0-born_on": "1 9 2015", "children-0-relationship_to_victim": "Son",
    "children-0-relationship_to_perpetrator": "Son", "children-0-school": "Elm Primary",
    "children-1-full_name": "Rina Uddin", "children-1-born_on": "11 2 2018",
    "children-1-relationship_to_victim": "Daughter", "children-1-relationship_to_perpetrator": "Daughter",
    "children-1-school": "Elm Nursery", "reason-0-criteria": "visible_high_risk potential_escalation",
    "reason-0-what_happened": SAID, "sharing-0-told": "yes", "sharing-0-consent": "no", "reason-0-feared": FEARED,
    "reason-0-safe_to_talk_to": "Her sister", "reason-0-not_safe_to_talk_to": "Anybody of his family",
    "reason-0-earlier_marac": "No",
}  # fmt: skip

FOUR_COLUMNS = (  # sections, two answers to a row, boxes before their words
    ("heading", "Section A: Referrer details"),
    ("table", (
        ("Name", "Tom Hale", "Job title", "Housing officer"),
        ("Agency", "Housing Options", "Contact number", "020 7946 0188"),
        ("Line manager", "Ife Obi", "Email", "tom.hale@example.org"),
    )),
    ("heading", "Section B: Victim / survivor details"),
    ("table", (
        ("Surname", "Begum", "Forename(s)", "Amina"),
        ("Date of birth (dd/mm/yyyy)", "27.03.1991", "Also known as", "Mina Khatun"),
        ("Home address", "14 Elm Row", "Postcode", "e1 0aa"),
        ("Mobile", "07700 900 123", "Safe to call? Y/N", "Y"),
        ("First language", "Sylheti", "Interpreter required", "☒ Yes ☐ No"),
        ("Ethnicity", "A3", "Gender", "F"),
        ("GP surgery", "Elm Street Surgery", "Housing type", "Council tenant"),
        ("NRPF", "No", "Pregnant", "Yes"),
    )),
    ("heading", "Section C: Alleged perpetrator"),
    ("table", (
        ("Surname", "Uddin", "Forename(s)", "Karim"),
        ("Date of birth", "03/06/88", "Relationship to victim", "Former husband"),
        ("Address", "8 Ash Walk, E1 0AB", "Telephone", "07700 900456"),
    )),
    ("heading", "Section D: Children in the household"),
    ("table", (
        ("Name", "DOB", "School / nursery", "Social worker"),
        ("Sami Uddin", "01/09/2015", "Elm Primary", "None"),
        ("Rina Uddin", "11/02/2018", "Elm Nursery", "Jo Reid"),
    )),
    ("heading", "Section E: Reason for referral"),
    ("line", "☒ Professional judgement"),
    ("line", "☐ Potential escalation"),
    ("line", "☒ Repeat"),
    ("table", (("Number of ticks", "17"), ("Number of incidents in the last 12 months", "4"),
               ("Background and risk issues", SAID), ("Agencies involved", "Elm Primary; Elm Street Surgery"))),
    ("heading", "Section F: Consent"),
    ("table", (("Is the victim aware of the referral?", "No"), ("If no, why not?", "It is not safe to ring her."),
               ("Has consent been obtained?", "Not sought"))),
)  # fmt: skip
FOUR_SAYS = {
    "referrer-0-presented_by": "Tom Hale", "referrer-0-referrer_role": "Housing officer",
    "referrer-0-referrer_phone": "020 7946 0188", "referrer-0-manager_name": "Ife Obi",
    "person-0-full_name": "Amina Begum", "person-0-born_on": "27 3 1991", "person-0-aliases": "Mina Khatun",
    "person-0-house_number": "14", "person-0-street": "Elm Row", "person-0-postcode": "E1 0AA",
    "safe-contact-0-phone": "07700 900 123", "safe-contact-0-way_phone": "yes", "person-0-language": "Sylheti",
    "person-0-interpreter_needed": "yes", "equality-0-ethnicity": "bangladeshi", "person-0-sex": "female",
    "person-0-gp": "Elm Street Surgery", "person-0-tenure": "council", "person-0-no_recourse": "no",
    "equality-0-pregnant": "yes", "other-person-0-full_name": "Karim Uddin", "other-person-0-born_on": "3 6 1988",
    "other-person-0-relationship_to_victim": "Former husband", "other-person-0-house_number": "8",
    "other-person-0-street": "Ash Walk", "other-person-0-postcode": "E1 0AB", "other-person-0-phone": "07700 900456",
    "children-0-full_name": "Sami Uddin", "children-0-born_on": "1 9 2015", "children-0-school": "Elm Primary",
    "children-0-professionals": "None", "children-1-full_name": "Rina Uddin", "children-1-born_on": "11 2 2018",
    "children-1-school": "Elm Nursery", "children-1-professionals": "Jo Reid",
    "reason-0-criteria": "professional_judgement repeat visible_high_risk", "reason-0-escalation": "4",
    "reason-0-what_happened": SAID, "reason-0-agencies_known": "Elm Primary; Elm Street Surgery",
    "sharing-0-told": "no", "sharing-0-told_why_not": "It is not safe to ring her.", "sharing-0-consent": "not_sought",
}  # fmt: skip

RUNNING_TEXT = (  # typed into a letter: labels with a colon, several to a line, long answers below
    ("line", "REFERRAL TO MARAC"),
    ("line", "Date of referral: 14 November 2026"),
    ("line", "Referred by: Dawn Pike"),
    ("line", "Job title: School nurse"),
    ("line", "Details of victim"),
    ("line", "Name: Amina Begum   DOB: 27th March 1991   Gender: Female"),
    ("line", "Address: Flat 3, 14 Elm Row, E1 0AA"),
    ("line", "Telephone: 07700 900123 Safe to call: No"),
    ("line", "Safe times to call: Tuesdays at the school gate"),
    ("line", "Details of perpetrator"),
    ("line", "Name: Karim Uddin   DOB: unknown   Relationship to victim: Former husband"),
    ("line", "Adress: Not known"),
    ("line", "Child 1 name: Sami Uddin   DOB: 01/09/2015   School: Elm Primary"),
    ("line", "Child 2 name: Rina Uddin   DOB: 11/02/2018   School: Elm Nursery"),
    ("line", "Reason for referral:"),
    ("line", SAID),
    ("line", SAID_MORE),
    ("line", "Professional judgment: [x]"),
    ("line", "Visible high risk: [ ]"),
    ("line", "Victim's views:"),
    ("line", "She wants him to stay away."),
    ("line", "Is the victim aware of the referral? Yes"),
    ("line", "Consent: Yes, but only for the IDVA"),
    ("line", "Remember to lock the file."),
)
RUNNING_SAYS = {
    "referrer-0-presented_by": "Dawn Pike", "referrer-0-referrer_role": "School nurse",
    "person-0-full_name": "Amina Begum", "person-0-born_on": "27 3 1991", "person-0-sex": "female",
    "person-0-house_number": "Flat 3, 14", "person-0-street": "Elm Row", "person-0-postcode": "E1 0AA",
    "safe-contact-0-phone": "07700 900123", "safe-contact-0-way_phone": "no",
    "safe-contact-0-times": "Tuesdays at the school gate", "other-person-0-full_name": "Karim Uddin",
    "other-person-0-relationship_to_victim": "Former husband",
    "children-0-full_name": "Sami Uddin", "children-0-born_on": "1 9 2015", "children-0-school": "Elm Primary",
    "children-1-full_name": "Rina Uddin", "children-1-born_on": "11 2 2018", "children-1-school": "Elm Nursery",
    "reason-0-what_happened": f"{SAID} {SAID_MORE}", "reason-0-criteria": "professional_judgement",
    "reason-0-wishes": "She wants him to stay away.", "sharing-0-told": "yes", "sharing-0-consent": "yes",
}  # fmt: skip

SIDE_BY_SIDE = (  # one column for each person
    ("line", "MARAC referral"),
    ("table", (
        ("", "Victim", "Perpetrator"),
        ("Name", "Amina Begum", "Karim Uddin"),
        ("Date of birth", "27/03/1991", "03/06/1988"),
        ("Gender", "Female", "Male"),
        ("Ethnicity", "Bangladeshi", "A3"),
        ("Address", "14 Elm Row, E1 0AA", "8 Ash Walk, E1 0AB"),
        ("Telephone", "07700 900123", "07700 900456"),
    )),
    ("heading", "Risk"),
    ("table", (("Reasons for professional judgement", SAID_MORE), ("Date of most recent incident", "13/11/2026"),
               ("Details of most recent incident", SAID), ("Access to weapons", "A knife in the kitchen"))),
)  # fmt: skip
SIDE_SAYS = {
    "person-0-full_name": "Amina Begum", "person-0-born_on": "27 3 1991", "person-0-sex": "female",
    "equality-0-ethnicity": "bangladeshi", "person-0-house_number": "14", "person-0-street": "Elm Row",
    "person-0-postcode": "E1 0AA", "safe-contact-0-phone": "07700 900123",
    "other-person-0-full_name": "Karim Uddin", "other-person-0-born_on": "3 6 1988", "other-person-0-sex": "male",
    "other-person-0-ethnicity": "bangladeshi", "other-person-0-house_number": "8", "other-person-0-street": "Ash Walk",
    "other-person-0-postcode": "E1 0AB", "other-person-0-phone": "07700 900456", "reason-0-judgement": SAID_MORE,
    "reason-0-happened_on": "13 11 2026", "reason-0-what_happened": SAID,
    "other-person-0-weapons": "A knife in the kitchen",
}  # fmt: skip

# The three below have the labels and the order of forms that councils publish (SafeLives 2015, Essex, Kingston).
SAFELIVES = (
    ("heading", "Marac referral form"),
    ("line", "Marac referrals should be sent by secure email or other secure method to the coordinator."),
    (
        "table",
        (
            ("Referring agency", "Elm Street Surgery"),
            ("Contact name(s)", "Dawn Pike"),
            ("Telephone / email", "020 7946 0123"),
            ("Date", "14/11/2026"),
        ),
    ),
    (
        "table",
        (
            ("Victim name", "Amina BEGUM", "Victim DOB", "27/03/1991"),
            ("Address", "14 Elm Row, London E1 0AA", "", ""),
            ("Telephone number", "07700 900123", "Is this number safe to call?", "Y"),
            ("Please insert any relevant contact information, eg times to call", "After school", "", ""),
            ("Diversity data (if known)", "B&ME ☒   Disabled ☐", "LGBT ☐", "Gender F"),
            ("Perpetrator(s) name", "Karim UDDIN", "Perpetrator(s) DOB", "03/06/1988"),
            ("Perpetrator(s) address", "8 Ash Walk E1 0AB", "Relationship to victim", "Ex-partner"),
        ),
    ),
    (
        "table",
        (
            (
                "Children (please add extra rows if necessary)",
                "DOB",
                "Relationship to victim",
                "Relationship to perpetrator",
                "Address",
                "School (If known)",
            ),
            ("Sami Uddin", "01/09/2015", "Son", "Son", "As mother", "Elm Primary"),
        ),
    ),
    ("heading", "Reason for referral / additional information"),
    (
        "table",
        (
            (
                "Professional judgement",
                "N",
                "Visible high risk (14 ticks or more on SafeLives Dash risk checklist)",
                "Y",
            ),
            (
                "Potential escalation (3 or more incidents reported to the police in the past 12 months)",
                "Y",
                "Marac repeat (further incident identified within twelve months from the date of the last referral)",
                "N",
            ),
            ("If yes, please provide the date listed / case number (if known)", "", "", ""),
            ("Is the victim aware of Marac referral?", "Y", "If no, why not?", ""),
            ("Has consent been given?", "Y", "", ""),
            (
                "Who is the victim afraid of? (to include all potential threats, and not just primary perpetrator)",
                "Karim",
                "",
                "",
            ),
            ("Who does the victim believe it safe to talk to?", "Her mother", "", ""),
            ("Who does the victim believe it not safe to talk to?", "His mother", "", ""),
            ("Has the victim been referred to any other Marac previously?", "N", "If yes where / when?", ""),
        ),
    ),
)
SAFELIVES_SAYS = {
    "referrer-0-presented_by": "Dawn Pike",
    "referrer-0-referrer_phone": "020 7946 0123",
    "person-0-full_name": "Amina BEGUM",
    "person-0-born_on": "27 3 1991",
    "person-0-house_number": "14",
    "person-0-street": "Elm Row, London",
    "person-0-postcode": "E1 0AA",
    "safe-contact-0-phone": "07700 900123",
    "safe-contact-0-way_phone": "yes",
    "person-0-sex": "female",
    "other-person-0-full_name": "Karim UDDIN",
    "other-person-0-born_on": "3 6 1988",
    "other-person-0-house_number": "8",
    "other-person-0-street": "Ash Walk",
    "other-person-0-postcode": "E1 0AB",
    "other-person-0-relationship_to_victim": "Ex-partner",
    "children-0-full_name": "Sami Uddin",
    "children-0-born_on": "1 9 2015",
    "children-0-relationship_to_victim": "Son",
    "children-0-relationship_to_perpetrator": "Son",
    "children-0-street": "As mother",
    "children-0-school": "Elm Primary",
    "reason-0-criteria": "visible_high_risk potential_escalation",
    "sharing-0-told": "yes",
    "sharing-0-consent": "yes",
    "reason-0-feared": "Karim",
    "reason-0-safe_to_talk_to": "Her mother",
    "reason-0-not_safe_to_talk_to": "His mother",
    "reason-0-earlier_marac": "N",
}
ESSEX = (
    ("heading", "MARAC Referral Form"),
    (
        "table",
        (
            ("Referring Agency", "Elm Street Surgery"),
            ("Date of referral", "14/11/2026"),
            ("Referrer Name & Agency", "Dawn Pike, Elm Street Surgery"),
            ("Tel. Ext/ Email address", "020 7946 0123"),
            ("Crime Report Number if known", "CR 4410/26"),
            ("Police Officer in Charge (if applicable)", "PC Reid"),
            ("Repeat Referral?", "No"),
            ("Has the victim been referred to MARAC in another area?", "No"),
            ("Does the victim want to speak to Police about any offences disclosed in this referral?", "No"),
        ),
    ),
    ("heading", "Victim"),
    (
        "table",
        (
            ("Victim Name", "Amina Begum"),
            ("Victim Age", "35"),
            ("Victim DOB", "27/03/1991"),
            ("Gender", "Female"),
            ("Victim Address", "14 Elm Row, E1 0AA"),
            ("Victim Telephone Number", "07700 900123"),
            ("Relevant Contact Information e.g. times to call, is number safe to call?", "After 3pm"),
            ("Home Owner Details e.g. Housing Association", "Elm Homes"),
            ("Victim's first language, if not English", "Sylheti"),
            ("Does the victim require an interpreter?", "Yes"),
            ("Victims Occupation", "Cook"),
            ("GP's Details", "Elm Street Surgery"),
            ("Is the victim pregnant? If yes, please provide any relevant information", "No"),
            ("Have you made the victim aware of the MARAC referral? If not, why not?", "Yes"),
            ("What does the victim want from the MARAC process to make them feel safer?", "New locks"),
        ),
    ),
    ("heading", "Victims Diversity"),
    ("table", (("Victims Ethnicity", "Bangladeshi"), ("Disability", "No"))),
    ("heading", "Perpetrator"),
    (
        "table",
        (
            ("Perpetrator Name", "Karim Uddin"),
            ("Perpetrator DOB", "03/06/1988"),
            ("Perpetrator Address", "8 Ash Walk, E1 0AB"),
            ("Relationship to Victim", "Husband"),
        ),
    ),
)
ESSEX_SAYS = {
    "referrer-0-presented_by": "Dawn Pike, Elm Street Surgery",
    "referrer-0-referrer_phone": "020 7946 0123",
    "other-person-0-crime_reference": "CR 4410/26",
    "other-person-0-officer_in_case": "PC Reid",
    "reason-0-earlier_marac": "No",
    "sharing-0-police_contact": "no",
    "person-0-full_name": "Amina Begum",
    "person-0-approximate_age": "35",
    "person-0-born_on": "27 3 1991",
    "person-0-sex": "female",
    "person-0-house_number": "14",
    "person-0-street": "Elm Row",
    "person-0-postcode": "E1 0AA",
    "safe-contact-0-phone": "07700 900123",
    "safe-contact-0-times": "After 3pm",
    "person-0-landlord": "Elm Homes",
    "person-0-language": "Sylheti",
    "person-0-interpreter_needed": "yes",
    "person-0-occupation": "Cook",
    "person-0-gp": "Elm Street Surgery",
    "equality-0-pregnant": "no",
    "sharing-0-told": "yes",
    "reason-0-wishes": "New locks",
    "equality-0-ethnicity": "bangladeshi",
    "equality-0-disability": "no",
    "other-person-0-full_name": "Karim Uddin",
    "other-person-0-born_on": "3 6 1988",
    "other-person-0-house_number": "8",
    "other-person-0-street": "Ash Walk",
    "other-person-0-postcode": "E1 0AB",
    "other-person-0-relationship_to_victim": "Husband",
}
KINGSTON = (
    ("line", "RESTRICTED WHEN COMPLETE"),
    ("heading", "MARAC REFERRAL FORM"),
    ("table", (("Does the client consent to this referral to MARAC?", "No"),)),
    ("heading", "Referred By"),
    (
        "table",
        (
            ("Name", "Dawn Pike"),
            ("Position", "School nurse"),
            ("Referring Agency", "Elm Primary"),
            ("Date of Referral", "14/11/2026"),
            ("Telephone Number", "020 7946 0123"),
            ("Email Address", "dawn.pike@example.org"),
        ),
    ),
    ("heading", "Victim / (please duplicate this box for each victim)"),
    (
        "table",
        (
            ("Name (SURNAME in capitals)", "Amina BEGUM"),
            ("Dob", "27/03/1991"),
            ("Ethnic Origin", "Bangladeshi"),
            ("Language (state if client requires an interpreter)", "Sylheti"),
            ("Address", "14 Elm Row, E1 0AA"),
            ("Housing type (if RSL state which if possible)", "Council"),
            ("Contact Telephone No.", "07700 900123"),
            ("Safe to leave message", "No"),
            ("Mental Health Issues", "Low mood"),
            ("Drink/Drugs Issues", "None known"),
            ("Disability (Please state)", "None"),
        ),
    ),
)
KINGSTON_SAYS = {
    "sharing-0-consent": "no",
    "referrer-0-presented_by": "Dawn Pike",
    "referrer-0-referrer_role": "School nurse",
    "referrer-0-referrer_phone": "020 7946 0123",
    "person-0-full_name": "Amina BEGUM",
    "person-0-born_on": "27 3 1991",
    "equality-0-ethnicity": "bangladeshi",
    "person-0-language": "Sylheti",
    "person-0-house_number": "14",
    "person-0-street": "Elm Row",
    "person-0-postcode": "E1 0AA",
    "person-0-tenure": "council",
    "safe-contact-0-phone": "07700 900123",
    "person-0-mental_health": "Low mood",
    "person-0-substance_use": "None known",
    "equality-0-disability": "no",
}

LAYOUTS = {
    "label beside": (LABEL_BESIDE, BESIDE_SAYS), "four columns": (FOUR_COLUMNS, FOUR_SAYS),
    "running text": (RUNNING_TEXT, RUNNING_SAYS), "side by side": (SIDE_BY_SIDE, SIDE_SAYS),
    "SafeLives": (SAFELIVES, SAFELIVES_SAYS), "Essex": (ESSEX, ESSEX_SAYS), "Kingston": (KINGSTON, KINGSTON_SAYS),
}  # fmt: skip

TYPST = """
#set text(size: 9pt)
#set page(margin: 1.5cm)
#for (kind, said) in json(bytes(sys.inputs.blocks)) {
  if kind == "heading" { heading(said) }
  else if kind == "line" { par(said) }
  else { table(columns: (1fr,) * said.at(0).len(), ..said.flatten().map(one => [#one])) }
}
"""


def as_word(blocks) -> bytes:
    """The form as a Word file."""
    document = Document()
    for kind, said in blocks:
        if kind == "table":
            table = document.add_table(rows=0, cols=len(said[0]))
            for row in said:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
        else:
            document.add_paragraph(said)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def as_pdf(blocks) -> bytes:
    """The form as it comes out of a printer driver."""
    return typst.compile(TYPST.encode(), sys_inputs={"blocks": json.dumps(blocks)})


WAYS = {"docx": as_word, "pdf": as_pdf}
