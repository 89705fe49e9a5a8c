"""The answers that a referral's pages offer, as (value stored, words shown)."""

from marac.vocabulary import ProgrammeSlug

SHORT = 4_000  # characters of an answer that is not the story itself: one sealed part of a referral stays under 1 MiB
YES_NO = (("yes", "Yes"), ("no", "No"))
YES_NO_UNKNOWN = (*YES_NO, ("not_known", "Not known"))
YES_NO_NOT_ASKED = (*YES_NO, ("not_sought", "Not asked"))
SEXES = (
    ("", "Choose"),
    ("female", "Female"),
    ("male", "Male"),
    ("prefer_not_to_say", "Prefer not to say"),
    ("not_known", "Not known"),
)
TENURES = (
    ("", "Choose"),
    ("council", "Council"),
    ("housing_association", "Housing association"),
    ("private", "Private rent"),
    ("owner", "Owned or mortgaged"),
    ("temporary", "Temporary accommodation"),
    ("refuge", "Refuge, contact through Solace"),
    ("with_family", "With family or friends"),
    ("none", "No fixed address"),
    ("not_known", "Not known"),
)
INTERPRETERS = (
    ("", "Choose"),
    ("female", "A woman"),
    ("male", "A man"),
    ("either", "Either"),
    ("not_asked", "Not asked"),
)
PLANS = (
    ("", "Choose"),
    ("child_protection", "Child protection plan"),
    ("child_in_need", "Child in need plan"),
    ("looked_after", "Looked after"),
    ("early_help", "Early help"),
    ("no", "None"),
    ("not_known", "Not known"),
)
FEATURES = (
    ("coercive_control", "Coercive or controlling behaviour"),
    ("physical", "Physical"),
    ("sexual", "Sexual"),
    ("economic", "Economic"),
    ("stalking", "Stalking or harassment"),
    ("strangulation", "Strangulation or suffocation"),
    ("honour_based", "So-called honour-based abuse"),
    ("forced_marriage", "Forced marriage"),
    ("fgm", "Female genital mutilation"),
    ("online", "Online, or by phone"),
)
EQUALITY_TAIL = (("prefer_not_to_say", "Prefer not to say"), ("not_asked", "Not asked"), ("not_known", "Not known"))
ETHNICITIES = (
    ("white", "White British"),
    ("other_white", "Another White background"),
    ("mixed", "Mixed or multiple"),
    ("bangladeshi", "Bangladeshi"),
    ("indian", "Indian"),
    ("pakistani", "Pakistani"),
    ("chinese", "Chinese"),
    ("other_asian", "Another Asian background"),
    ("somali", "Somali"),
    ("black_african", "Another Black African background"),
    ("black_caribbean", "Black Caribbean"),
    ("other_black", "Another Black background"),
    ("arab", "Arab"),
    ("other", "Another ethnic group"),
)
ABOUT = {
    ProgrammeSlug.DA_MARAC: "Someone at high risk from a partner, former partner or family member",
    ProgrammeSlug.COMMUNITY_MARAC: "Someone vulnerable who is harmed by anti-social behaviour",
    ProgrammeSlug.SANCTUARY: "Making a home secure, so that someone can stay in it safely",
}
BORN_HINT = "For example, 27 3 1991. If you do not know, enter an age."
