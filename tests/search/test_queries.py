"""What each query finds, over a small library in several languages."""

import pytest

from tests.search.library import Library

TEXTS = {
    "en": {
        "handover": "The nurse wrote the handover at seven.",
        "night": "Nurses on the night shift were nursing a hope.",
        "staffing": "Safe staffing is what we ask for.",
        "sundays": "Staffing is not safe on Sundays.",
        "room": "We met for a follow-up in the well-being room.",
        "later": "They will follow up on your wellbeing later.",
        "ill": "I don't know if she'll be ill; I’ll ask.",
        "cafe": "The café’s menu was naïve, Zoë said.",
        "cost": "It cost £1,000 and 3.5 per cent after COVID-19.",
        "thousand": "1000 thanks to everyone in the NHS.",
        "aande": "The N.H.S. runs A&E: masks are N95.",
        "organiser": "Organisation is what the organiser knows.",
        "heard": "She said “we were heard” and cried.",
        "doctors": "Doctors' notes and the doctor's pen.",
        "zero": "Zero-hours contracts get zero tolerance.",
        "old": "Whoſoever ﬁnds this tells the ＮＵＲＳＥ.",
        "snake": "The field is called first_name in the form.",
        "operators": "And or not near: NOT all AND words OR signs are operators.",
        "markup": "<b>Bold</b> <script>alert(1)</script> & more.",
        "smile": "A smile 🙂 goes a long way.",
    },
    "fr": {"hopital": "L’infirmière travaille à l'hôpital, aujourd'hui."},
    "de": {"haus": "Die Krankenschwestern grüßen aus den Häusern."},
    "cy-GB": {"dda": "Mae’r nyrsys yn dda iawn, tŷ bach."},
    "ja": {"medical": "医療の現場から、ガイド。"},
    "ar": {"arabic": "قالت المُمَرِّضة شكراً"},
    "ru": {"russian": "Ёлка стоит, красный чай."},
    "pl": {"polish": "Łódź i źródło."},
    "tr": {"turkish": "Işık İstanbul'da."},
}

FOUND = [
    # words and their forms
    ("nurse", "handover night old"),
    ("nurses", "handover night old"),
    ("NURSING", "handover night old"),
    ("nurse's", "handover night old"),
    ("organisation", "organiser"),
    ("sunday", "sundays"),
    ("doctor", "doctors"),
    ("doctors’", "doctors"),
    ("doctor's", "doctors"),
    ("nurse handover", "handover"),
    ("handover nurse", "handover"),
    ("nurse staffing", ""),
    ("nurse nurse", "handover night old"),
    ("the", "handover night room cafe thousand aande organiser doctors snake old"),
    ("unheard", ""),
    ("hear", ""),
    # phrases
    ('"safe staffing"', "staffing"),
    ('"staffing safe"', ""),
    ('"staffing is not safe"', "sundays"),
    ("safe staffing", "staffing sundays"),
    ('"nurses wrote"', "handover"),
    ('"the nurse"', "handover old"),
    ("“we were heard”", "heard"),
    ('"were heard and cried"', "heard"),
    ('"nurse', "handover night old"),
    ('"room we met"', ""),
    ('"night shift" hope', "night"),
    ('"night shift" handover', ""),
    # beginnings
    ("nurs*", "handover night old"),
    ("nursi*", "night"),
    ("organisat*", "organiser"),
    ("organise*", "organiser"),
    ("organisatx*", ""),
    ("ho*", "night hopital zero"),
    ("h*", "aande"),
    ("hand* seve*", "handover"),
    ("follow-u*", "room"),
    # exclusions
    ("nurse -night", "handover old"),
    ("nurse -nights", "handover old"),
    ("safe -sund*", "staffing"),
    ('staffing -"not safe"', "staffing"),
    ('staffing -"safe staffing"', "sundays"),
    ("-night", ""),
    ("nurse -nurse", ""),
    ("nurse −night", "handover old"),
    ("nurse - night", "night"),
    # apostrophes
    ("don't", "ill"),
    ("don’t", "ill"),
    ("dont", "ill"),
    ("ill", "ill"),
    ("shell", ""),
    ("café's", "cafe"),
    # compounds
    ("follow-up", "room later"),
    ("followup", "room"),
    ("follow up", "room later"),
    ('"follow up"', "room later"),
    ("well-being", "room later"),
    ("wellbeing", "room later"),
    ('"wellbeing room"', "room"),
    ('"well being room"', "room"),
    ('"a followup in the wellbeing room"', "room"),
    ("zero-hours", "zero"),
    ("hours", "zero"),
    # numbers and signs
    ("1000", "cost thousand"),
    ("1,000", "cost thousand"),
    ("3.5", "cost"),
    ("5.3", ""),
    ("covid", "cost"),
    ("covid19", "cost"),
    ("COVID-19", "cost"),
    ("nhs", "aande thousand"),
    ("N.H.S.", "aande thousand"),
    ("A&E", "aande"),
    ("n95", "aande"),
    ("£1,000!", "cost thousand"),
    ("first_name", "snake"),
    ("name", "snake"),
    ("🙂", ""),
    ("🙂 smile", "smile"),
    # accents and typographic forms
    ("cafe", "cafe"),
    ("CAFÉ", "cafe"),
    ("cafe\N{COMBINING ACUTE ACCENT}", "cafe"),
    ("naive", "cafe"),
    ("zoe", "cafe"),
    ("whosoever finds", "old"),
    ("ｎｕｒｓｅ", "handover night old"),
    # other languages
    ("infirmière", "hopital"),
    ("infirmiere", "hopital"),
    ("infirmières", "hopital"),
    ("infirmiers", "hopital"),
    ("hopital", "hopital"),
    ("l'hôpital", "hopital"),
    ("aujourd'hui", "hopital"),
    ("travailler", "hopital"),
    ("häuser", "haus"),
    ("hausern", "haus"),
    ("grüssen", "haus"),
    ("krankenschwester", "haus"),
    ("nyrsys", "dda"),
    ("nyrs*", "dda"),
    ("ty", "dda"),
    ("現場", "medical"),
    ("場現", ""),
    ("医療", "medical"),
    ('"医療の現場"', "medical"),
    ("ｶﾞｲﾄﾞ", "medical"),
    ("الممرضة", "arabic"),
    ("елка", "russian"),
    ("красная", "russian"),
    ("lodz", "polish"),
    ("zrodlo", "polish"),
    ("ISIK istanbul", "turkish"),
    # another engine's syntax is only words
    ("NOT", "sundays operators"),
    ("nurse OR staffing", ""),
    ("NEAR(nurse staffing)", ""),
    ("nurse AND handover", ""),
    ("or NOT near", "operators"),
    ("stems:nurse", ""),
    ("{stems}:nurse", ""),
    ("^nurse", "handover night old"),
    ("nurse + handover", "handover"),
    ("(nurse)", "handover night old"),
    ("'nurse'", "handover night old"),
    ("nurse; DROP TABLE search_texts; --", ""),
    ("script", "markup"),
    ("<b>bold</b>", "markup"),
    # nothing
    ("", ""),
    ("   ", ""),
    ('""', ""),
    ("*", ""),
    ("-", ""),
    ("¶", ""),
]


@pytest.fixture
def names(library: Library) -> dict[str, str]:
    """The library filled with the texts above, and the name of each text."""
    for language, texts in TEXTS.items():
        library.make_episode(texts.values(), language=language)
    return {text: name for texts in TEXTS.values() for name, text in texts.items()}


def test_each_query_finds_these_texts_and_no_others(library: Library, names: dict[str, str]) -> None:
    found = {typed: {names[text] for text in library.found(typed)} for typed, _ in FOUND}

    assert {typed: set(expected.split()) for typed, expected in FOUND} == found


def test_every_word_of_every_text_finds_the_text(library: Library, names: dict[str, str]) -> None:
    for text in names:
        for word in text.split():
            if any(map(str.isalnum, word)) and not word.startswith("-"):
                assert text in library.found(word), word


def test_every_text_is_found_by_itself_as_a_phrase(library: Library, names: dict[str, str]) -> None:
    for text in names:
        assert text in library.found(f'"{text.replace("“", "").replace("”", "")}"'), text
