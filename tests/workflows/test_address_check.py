"""The address check (DA-4): how many disguises it sees through, how many honest sentences it leaves alone."""

import base64
import time
from statistics import median

import pytest
import yaml

from marac.paths import DATA
from marac.vocabulary import SecretKind as K
from marac.workflows import address_check
from marac.workflows.place_words import employers_in, looks_like_place, refuses_refuge, says_refuge
from marac.workflows.sought import Secret

SECRETS = (
    Secret(K.POSTCODE, "E1 9ZO"),
    Secret(K.STREET, "Quarry Rise", ("17",)),
    Secret(K.STREET, "Saffronberth Street", ("4", "112")),
    Secret(K.BUILDING, "Lampwharf House", ("4",)),
    Secret(K.PHONE, "07700 900123"),
    Secret(K.PHONE, "020 7946 0111"),
    Secret(K.EMAIL, "amina.84@example.net"),
    Secret(K.SCHOOL, "Fir Tree Primary School"),
    Secret(K.WORKPLACE, "Corner Bakery"),
    Secret(K.NEW_NAME, "Leonie Varnhagen"),
    Secret(K.NEW_NAME, "Varnhagen"),
    Secret(K.VEHICLE, "LB19 XKO"),
    Secret(K.REFUGE, "Hestia East"),
)


def b64(words: str) -> str:
    return base64.b64encode(words.encode()).decode()


DISGUISES = {
    "as it is": "She is at 17 Quarry Rise, E1 9ZO now.",
    "postcode alone": "Area E1 9ZO.",
    "postcode without a space": "Area e19zo.",
    "postcode, spaces between all": "E 1 9 Z O",
    "postcode with dots": "E.1.9.Z.O",
    "postcode with dashes": "e1-9zo",
    "postcode over two lines": "at E1\n9ZO",
    "postcode, nought for O": "E1 9Z0",
    "postcode, l for one": "El 9ZO",
    "postcode, I for one": "EI 9ZO",
    "postcode, 2 for Z": "E1 92O",
    "postcode turned round": "OZ9 1E",
    "postcode, second half first": "9ZO in E1",
    "postcode, words between": "E1, then the rest, 9ZO",
    "postcode in the spelling alphabet": "echo one, nine zulu oscar",
    "postcode letter for word": "E for Emma, 1, 9, Z for zebra, O for orange",
    "postcode in number words": "E one nine ZO",
    "postcode full width": "Ｅ１ ９ＺＯ",
    "postcode in circles": "Ⓔ① ⑨ⓏⓄ",
    "postcode in squares": "🄴1 9🅉🄾",
    "postcode in flags": "🇪1 9🇿🇴",
    "postcode in mathematical letters": "𝐄𝟏 𝟗𝐙𝐎",
    "postcode in superscript": "E¹ ⁹ZO",
    "postcode with keycaps": "E1️⃣ 9️⃣ZO",
    "postcode, Cyrillic E and O": "Е1 9ZО",
    "postcode, Greek E and O": "Ε1 9ΖΟ",
    "postcode, zero width space": "E1\u200b9\u200bZ\u200bO",
    "postcode, soft hyphens": "E\u00ad1 9\u00adZO",
    "postcode, bidi marks": "\u202eE1\u202c 9ZO",
    "postcode, word joiner": "E1\u20609Z\u2060O",
    "postcode, combining marks": "E\u03361\u0336 9\u0336Z\u0336O\u0336",
    "postcode in Arabic digits": "E١ ٩ZO",
    "postcode in HTML numbers": "&#69;&#49; &#57;&#90;&#79;",
    "postcode in HTML hex": "&#x45;1&nbsp;9&#x5a;O",
    "postcode escaped twice": "&amp;#69;1 9ZO",
    "postcode in percent": "%45%31%209%5AO",
    "postcode in unicode escapes": "\\u0045\\u0031 9\\u005a\\u004f",
    "postcode in quoted printable": "=45=31=209ZO",
    "postcode in base64": f"see {b64('E1 9ZO today')}",
    "postcode in hex": "45 31 20 39 5a 4f",
    "postcode in hex, joined": "4531 20 395a4f",
    "postcode in binary": "01000101 00110001 00100000 00111001 01011010 01001111",
    "postcode in character codes": "69 49 32 57 90 79",
    "postcode in Morse": ". .---- / ----. --.. ---",
    "postcode with underscores": "E_1_ _9Z_O",
    "postcode stuck to a dash": "home–E1 9ZO–now",
    "postcode in a name": "note_E1_9ZO.pdf",
    "street in capitals": "17 QUARRY RISE",
    "street, no space": "17QuarryRise",
    "street as a tag": "#17quarryrise",
    "street, number word": "seventeen Quarry Rise",
    "street, number digit by digit": "one seven Quarry Rise",
    "street, number after": "Quarry Rise, number 17",
    "street, number in brackets": "Quarry Rise (no. 17)",
    "street, number before with the": "at number 17, the Quarry Rise",
    "street, Roman number": "XVII Quarry Rise",
    "street, number in full width": "１７ Quarry Rise",
    "street letter by letter": "17 Q u a r r y R i s e",
    "street with dots": "1.7 Q.u.a.r.r.y R.i.s.e",
    "street with stars": "17 Qu*rry Rise",
    "street misspelt": "17 Quary Rise",
    "street misspelt otherwise": "17 Quarry Rize",
    "street swapped letters": "17 Qaurry Rise",
    "street without its kind": "17 Quarry",
    "street with digits for letters": "17 Qu4rry R1s3",
    "street with signs for letters": "17 Qu@rry R!se",
    "street in Cyrillic letters": "17 Quаrrу Risе",
    "street with accents": "17 Quárrÿ Rïsé",
    "street, hyphen at the end of a line": "17 Quar-\nry Rise",
    "street broken over lines": "17\nQuarry\nRise",
    "street backwards": "esiR yrrauQ 71",
    "street rot13": "17 Dhneel Evfr",
    "street in base64": b64("17 Quarry Rise"),
    "street in base64 without padding": b64("17 Quarry Rise").rstrip("="),
    "street in small capitals": "17 ǫᴜᴀʀʀʏ ʀɪsᴇ".replace("ǫ", "Q"),
    "street in script letters": "17 𝓠𝓾𝓪𝓻𝓻𝔂 𝓡𝓲𝓼𝓮",
    "street with an underscore": "17_Quarry_Rise",
    "street, camel case": "at17QuarryRise".replace("at", "at "),
    "street, St for Street": "112 Saffronberth St",
    "street, St. and a comma": "112, Saffronberth St.",
    "street, Str": "112 Saffronberth Str",
    "street, a hundred and twelve": "a hundred and twelve Saffronberth Street",
    "street, one hundred twelve": "one hundred and twelve, Saffronberth Str.",
    "street, one one two": "one one two Saffronberth Street",
    "street, double one two": "double one two Saffronberth Street",
    "flat and building": "Flat 4 Lampwharf House",
    "flat and building, short": "flt four, Lampwharf Hse",
    "building and flat": "Lampwharf House, apartment 4",
    "flat and building stuck": "4LampwharfHouse",
    "phone as it is": "ring 07700 900123",
    "phone without spaces": "07700900123",
    "phone with dashes": "077-00-900-123",
    "phone with dots": "07700.900.123",
    "phone abroad": "+44 7700 900123",
    "phone 0044": "0044 (0)7700 900123",
    "phone 44 without plus": "447700900123",
    "phone in words": "oh seven seven double oh, nine double oh, one two three",
    "phone in words, hundreds": "zero double seven zero zero nine hundred one two three",
    "phone half in words": "07700 nine hundred one hundred and twenty three",
    "phone, O for nought": "O77OO 9OO123",
    "phone, l for one": "07700 900l23",
    "phone with words between": "07700, then 900 and then 123",
    "phone in parts over lines": "07700\n900\n123",
    "phone backwards": "321009 00770",
    "phone without its first digits": "700 900 123 after the 07",
    "phone in full width": "０７７００ ９００１２３",
    "phone in Bengali digits": "০৭৭০০ ৯০০১২৩",
    "phone in base64": b64("07700 900123"),
    "phone, landline without 020": "7946 0111",
    "phone, landline in brackets": "(020) 7946-0111",
    "e-mail as it is": "amina.84@example.net",
    "e-mail in capitals": "AMINA.84@EXAMPLE.NET",
    "e-mail with at and dot": "amina dot 84 at example dot net",
    "e-mail in brackets": "amina[.]84 [at] example[.]net",
    "e-mail with spaces": "amina.84 @ example . net",
    "e-mail in entities": "amina.84&#64;example&period;net",
    "e-mail in percent": "amina.84%40example.net",
    "e-mail, the part before": "her mail is amina.84",
    "e-mail rot13": "nzvan.84@rknzcyr.arg",
    "school as it is": "Fir Tree Primary School",
    "school without its kind": "Fir Tree Primary",
    "school stuck": "FirTreePrimary",
    "school in leet": "F1r Tr33 Pr1mary School",
    "school misspelt": "Fir Tree Primry School",
    "school with dots": "F.i.r T.r.e.e Primary",
    "workplace": "she works at the Corner Bakery",
    "workplace with look-alikes": "Соrner Вakery",
    "workplace misspelt": "Corner Bakry",
    "workplace backwards": "yrekaB renroC",
    "new name": "now known as Leonie Varnhagen",
    "new surname alone": "Ms Varnhagen",
    "new name spaced": "V a r n h a g e n",
    "new name with signs": "L€onie V@rnhagen",
    "vehicle": "LB19 XKO",
    "vehicle without a space": "lb19xko",
    "vehicle, nought for O": "LB19 XK0",
    "vehicle, l and I": "LBI9 XKO",
    "vehicle in the spelling alphabet": "lima bravo one nine x-ray kilo oscar",
    "which refuge": "She is in refuge with Hestia East.",
    "the name of a refuge": "the Hestia East refuge",
}  # fmt: skip


def caught(words: str) -> bool:
    return bool(address_check.find(SECRETS, words))


def test_at_least_95_in_100_disguises_are_seen_through():
    missed = [name for name, words in DISGUISES.items() if not caught(words)]
    assert len(DISGUISES) >= 40
    assert len(missed) <= 0.05 * len(DISGUISES), missed


def test_every_disguise_is_seen_through_inside_a_sentence_too():
    missed = [
        name for name, words in DISGUISES.items()
        if not caught(f"The IDVA visits on Tuesday. {words}\nThe police confirm by Friday.")
    ]  # fmt: skip
    assert len(missed) <= 0.05 * len(DISGUISES), missed


def texts(held):
    if isinstance(held, dict):
        yield from (text for value in held.values() for text in texts(value))
    elif isinstance(held, list):
        yield from (text for value in held for text in texts(value))
    elif isinstance(held, str) and len(held.split()) > 3:
        yield held


def clean_sentences() -> list[str]:
    """What is said at panels every month: the library of actions, and the words of the invented borough's cases."""
    files = (DATA / "actions_library.yaml", *sorted((DATA / "demo").glob("*.yaml")), DATA / "powers.yaml")
    return sorted({text for path in files for text in texts(yaml.safe_load(path.read_text("utf-8")))})


def borough_secrets() -> list[tuple[Secret, ...]]:
    """Secrets of common and awkward kinds, against which honest sentences are held."""
    return [
        SECRETS,
        (
            Secret(K.POSTCODE, "N1 6AT"), Secret(K.POSTCODE, "E2 8IS"), Secret(K.STREET, "High Street", ("2", "10")),
            Secret(K.STREET, "Police Station Road", ("1",)),
            Secret(K.STREET, "Church Lane", ("3",)), Secret(K.STREET, "The Drive", ("4",)),
            Secret(K.BUILDING, "Housing House", ("5",)), Secret(K.PHONE, "020 7946 0999"),
            Secret(K.SCHOOL, "Hope Primary School"), Secret(K.NEW_NAME, "Grace Will"),
            Secret(K.WORKPLACE, "Safe Place"), Secret(K.VEHICLE, "A1 DAY"), Secret(K.REFUGE, "Solace"),
        ),
    ]  # fmt: skip


def test_at_most_1_in_100_honest_sentences_is_flagged():
    sentences = clean_sentences()
    assert len(sentences) >= 300
    for secrets in borough_secrets():
        flagged = [text for text in sentences if address_check.find(secrets, text)]
        assert len(flagged) <= 0.01 * len(sentences), flagged


@pytest.mark.parametrize(
    "words",
    [
        "Refuge, contact through Hestia East.", "17 visits were made by police, then a rise in calls.",
        "She was seen at 9 and spoke to 1 officer in E1.", "Call 07700 900999 for the duty worker.",
        "112 calls about the same road in a year.", "House 4 is not hers.", "Primary care and the school nurse.",
    ],
)  # fmt: skip
def test_words_that_only_come_near_are_left_alone(words):
    assert address_check.find(SECRETS, words) == ()


def test_a_find_says_where_and_which_kind_and_never_what():
    words = "Police: she is at seventeen Quarry Rise (E 1 9 Z O)."
    found = address_check.find(SECRETS, words)
    assert {(span.kind, words[span.start : span.end]) for span in found} >= {
        (K.STREET, "seventeen Quarry Rise"),
        (K.POSTCODE, "E 1 9 Z O"),
    }
    assert "Quarry" not in repr(found)
    assert "Quarry" not in repr(SECRETS)


def test_a_case_without_secrets_takes_about_as_long_as_one_with_them():
    words = " ".join(clean_sentences()[:40])

    def seconds(secrets):
        began = time.perf_counter()
        address_check.find(secrets, words)
        return time.perf_counter() - began

    with_them, without = (median(seconds(one) for _ in range(7)) for one in (SECRETS, ()))
    assert 0.4 < without / with_them < 2.5


def test_a_refuge_is_told_by_its_kind_and_by_a_word_of_its_name():
    for words in (
        "Rose House Refuge",
        "R E F U G E",
        "Safe-house, Mill Lane",
        "Women's Aid, 4 Mill Lane",
        "ｒｅｆｕｇｅ",
    ):
        assert says_refuge(words), words
    for words in ("Refugee Council", "4 Mill Lane", "Safe Lane House", ""):
        assert not says_refuge(words), words
    names = ("house_number", "street", "postcode", "place_name")
    assert refuses_refuge({"in_refuge": True, "postcode": "E4 6WW"}, names) == "postcode"
    assert refuses_refuge({"street": "Mill Lane", "house_number": "Refuge, 4"}, names) == "house_number"
    assert refuses_refuge({"street": "4 Mill Lane"}, names) == ""
    assert refuses_refuge({"in_refuge": True}, names) == ""


def test_an_employer_is_read_from_the_words_about_work():
    assert employers_in("care assistant at Corner Bakery") == ["Corner Bakery"]
    assert employers_in("Cleaner, Tower Linen Ltd") == ["Tower Linen Ltd"]
    for words in ("care assistant", "nurse", "Not working", "at home with children", "Teaching Assistant", "Nurse"):
        assert employers_in(words) == [], words


def test_the_shape_of_an_address_is_told_without_knowing_any():
    assert looks_like_place("she is at 12 Mill Lane")
    assert looks_like_place("near SW1A 1AA")
    assert not looks_like_place("Housing offers an appointment by 12 May and police check the road")
