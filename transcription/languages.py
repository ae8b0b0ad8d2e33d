"""Languages as servers name them: by code ("en", "en-GB") or in English ("English").

Codes are those that Whisper knows: ISO 639-1, for some languages 639-2 or -3.
"""

_TABLE = """
af afrikaans, am amharic, ar arabic, as assamese, az azerbaijani, ba bashkir, be belarusian, bg bulgarian
bn bengali, bo tibetan, br breton, bs bosnian, ca catalan valencian, cs czech, cy welsh, da danish, de german
el greek, en english, es spanish castilian, et estonian, eu basque, fa persian farsi, fi finnish, fo faroese
fr french, gl galician, gu gujarati, ha hausa, haw hawaiian, he hebrew, hi hindi, hr croatian, ht haitian
hu hungarian, hy armenian, id indonesian, is icelandic, it italian, ja japanese, jw javanese, ka georgian
kk kazakh, km khmer, kn kannada, ko korean, la latin, lb luxembourgish, ln lingala, lo lao, lt lithuanian
lv latvian, mg malagasy, mi maori, mk macedonian, ml malayalam, mn mongolian, mr marathi, ms malay, mt maltese
my myanmar burmese, ne nepali, nl dutch flemish, nn nynorsk, no norwegian, oc occitan, pa punjabi panjabi
pl polish, ps pashto, pt portuguese, ro romanian moldavian, ru russian, sa sanskrit, sd sindhi, si sinhala
sk slovak, sl slovenian, sn shona, so somali, sq albanian, sr serbian, su sundanese, sv swedish, sw swahili
ta tamil, te telugu, tg tajik, th thai, tk turkmen, tl tagalog, tr turkish, tt tatar, uk ukrainian, ur urdu
uz uzbek, vi vietnamese, yi yiddish, yo yoruba, yue cantonese, zh chinese mandarin
"""
_ENTRIES = [entry.split() for line in _TABLE.splitlines() for entry in line.split(",") if entry.strip()]
_CODES = {name: code for code, *names in _ENTRIES for name in (code, *names)}


def language_code(said: object) -> str:
    """The code of a language, however a server says it; nothing where nobody can tell."""
    if not isinstance(said, str):
        return ""
    first = said.strip().casefold().replace("_", "-").split("-")[0].split(" ")[0]
    return _CODES.get(first, "")
