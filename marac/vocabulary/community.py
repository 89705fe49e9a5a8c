"""Words about anti-social behaviour and the Community MARAC: kinds, strands, ways in, what was tried (CM-18)."""

from marac.vocabulary.word import Word


class ReferralAbout(Word):
    """Whom or what a Community MARAC referral is about."""

    VICTIM = "victim", "A person at risk"
    CAUSING_HARM = "causing_harm", "A person said to be causing harm"
    BOTH = "both", "Both"
    LOCATION = "location", "A place, with no one person at risk named"


class CommunityRole(Word):
    """What somebody is in a case, beside the role that picks their compartment; a person may have several (CM-1)."""

    AT_RISK = "at_risk", "Person at risk"
    CAUSING_HARM = "causing_harm", "Said to be causing harm"
    WITNESS = "witness", "Witness"
    HOUSEHOLD = "household", "Lives in the home"
    ASSOCIATE = "associate", "Friend or associate"
    PROFESSIONAL = "professional", "Professional"


class AsbType(Word):
    """The kind of behaviour."""

    TARGETING = "targeting", "Neighbour targeting or harassment"
    HATE = "hate", "Hate-motivated"
    CUCKOOING = "cuckooing", "Cuckooing"
    HOARDING = "hoarding", "Hoarding"
    DISPUTE = "dispute", "Dispute driven by mental ill health"
    DRUGS = "drugs", "Drug-related"
    FIRE = "fire", "Fire risk"
    FINANCIAL = "financial", "Financial abuse or fraud"
    EXPLOITATION = "exploitation", "Criminal or sexual exploitation"
    OTHER = "other", "Something else"


class AsbSubtype(Word):
    """How it shows itself."""

    NOISE = "noise", "Noise"
    ABUSE = "abuse", "Abuse or insults"
    THREATS = "threats", "Threats"
    VIOLENCE = "violence", "Violence"
    DAMAGE = "damage", "Damage or graffiti"
    GROUPS = "groups", "Groups gathering"
    VISITORS = "visitors", "Unwanted visitors"
    DEALING = "dealing", "Dealing or using drugs"
    RUBBISH = "rubbish", "Rubbish or fly-tipping"
    ANIMALS = "animals", "Animals"
    ONLINE = "online", "Online, or by phone"
    REPORTS = "reports", "False or repeated reports"


class CuckooingKind(Word):
    """What a home was taken over for (Leicestershire cuckooing guidance)."""

    DRUG_USE = "drug_use", "Drug use"
    DRUG_STORAGE = "drug_storage", "Storing drugs"
    DRUG_SUPPLY = "drug_supply", "Supplying drugs"
    SEX_WORK = "sex_work", "Sex work"
    WEAPON_STORAGE = "weapon_storage", "Storing weapons"
    RESIDENCE = "residence", "Taking up residence"
    FINANCIAL_ABUSE = "financial_abuse", "Financial abuse of the tenant"


class HateStrand(Word):
    """The strand of a hate incident, as the victim or anybody else perceives it."""

    RACE = "race", "Race or ethnicity"
    RELIGION = "religion", "Religion or belief"
    SEXUAL_ORIENTATION = "sexual_orientation", "Sexual orientation"
    TRANSGENDER = "transgender", "Transgender identity"
    DISABILITY = "disability", "Disability"
    OTHER = "other", "Another strand"


class Vulnerability(Word):
    """Why harm weighs more: personal, situational or incidental (ASB Help); the first part of the code is the group."""

    PERSONAL_HEALTH = "personal_health", "Physical or mental health"
    PERSONAL_DISABILITY = "personal_disability", "Disability"
    PERSONAL_IDENTITY = "personal_identity", "Identity, such as age, race or sexuality"
    PERSONAL_SUBSTANCES = "personal_substances", "Drugs or alcohol"
    SITUATIONAL_AREA = "situational_area", "The area or building"
    SITUATIONAL_ISOLATION = "situational_isolation", "Isolation"
    SITUATIONAL_HOUSING = "situational_housing", "Housing or immigration status"
    INCIDENTAL_REPEAT = "incidental_repeat", "Repeated incidents"
    INCIDENTAL_TARGETED = "incidental_targeted", "Personally targeted"


class PersonTest(Word):
    """Who a Community MARAC is for: one at least (rule model 1.4)."""

    VULNERABLE_VICTIM = "vulnerable_victim", "Somebody vulnerable suffers, or may go on suffering, from it"
    HARMFUL_PERSON = "harmful_person", "Somebody vulnerable or harmful behaves in a way that affects others"


class NeedTest(Word):
    """Ways in to a Community MARAC: any one is enough, and a score alone never refuses (CM-4)."""

    MATRIX_HIGH = "matrix_high", "The risk matrix is high"
    ESCALATION = "escalation", "It is more frequent or more serious"
    PROFESSIONAL_JUDGEMENT = "professional_judgement", "Professional judgement"
    SINGLE_AGENCY_STALLED = "single_agency_stalled", "One agency alone has got stuck, and a joint plan is needed"


class StepTried(Word):
    """What was tried before the panel was asked."""

    WARNING = "warning", "Warning letter"
    ABC = "abc", "Acceptable behaviour contract"
    CPW = "cpw", "Community protection warning"
    CPN = "cpn", "Community protection notice"
    MEDIATION = "mediation", "Mediation"
    TENANCY = "tenancy", "Tenancy action"
    SAFEGUARDING = "safeguarding", "Safeguarding"
    TARGET_HARDENING = "target_hardening", "Locks, alarm or camera"
    SUPPORT = "support", "Support offered"


class StepOutcome(Word):
    """What came of a step."""

    WORKED = "worked", "It helped"
    PARTLY = "partly", "It helped for a while"
    NO_CHANGE = "no_change", "No change"
    REFUSED = "refused", "Refused"
    WAITING = "waiting", "Not known yet"


class RoutingAnswer(Word):
    """Which panel leads when two hold the same household. Said of presence alone: no case is opened for it."""

    HERE = "here", "This panel leads"
    THERE = "there", "The other panel leads"
    BOTH = "both", "Both go on, each with its own plan"
    NOT_THE_SAME = "not_the_same", "It is not the same household"
