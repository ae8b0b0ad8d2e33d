"""What is filled into a form: what it asks for, the edge of that, and what nobody meant."""

import io
from collections.abc import Callable
from random import Random

from PIL import Image

from tests.walk.asked import MULTIPART, Asked, Fields, File, body_of, query_of
from tests.walk.forms import Field, Form

WORDS = (
    "Falls went down after we moved the handover to the bedside",
    "A quiet word, and what came of it",
    "Åse's “ward” & the 3 < 4 rule",
    "",
)

#: Nobody types these by chance. None of them may ever become markup: answers.py looks for the first.
HOSTILE = (
    "<walk-hit>", '"><walk-hit x="', "'><walk-hit>", "</script><walk-hit>", "</textarea><walk-hit>",
    "]]><walk-hit>", "&lt;walk-hit&gt;", "<!--", "<svg onload=alert(1)>", "[x](javascript:alert(1))",
    "{{ 7*7 }}", "{% raise %}", "${7*7}", "%s%n", "%", "%zz", "{", "{0.__class__}",
    "\0", "a\0b", "\x01\x08\x0b\x1f", "\x7f\x85\u2028", "\ud800", "\udfff\ud800", "\ufffe\uffff",
    "\u202egnp.exe",
    "\r\nX-Walk: hit", "\n", "\t", " ", "\u00a0\u3000", "\ufeff", "e\u0301" * 50,
    "\U0001f469\u200d\U0001f52c" * 60,
    "-1", "0", "1.5", "1e9", "NaN", "inf", "0x10", "٣", "²", "9" * 400, str(2**31), str(2**63), str(10**30),
    "0001-01-01", "9999-12-31", "2026-02-30", "10000-01-01", "2026-13-01", "2026-03-29", "01:30",
    "24:00", "-0:01",
    "99:59:59", "1:2:3:4", "00:00:00.0005", "null", "true", "[]", "[object Object]", "undefined", "None",
    "' OR 1=1 --", "'; DROP TABLE accounts; --", "%_%", '"', "'", "\\", "a AND", "NEAR(", "a*b:c^",
    "(((((", "-" * 300,
    '"' * 999, "* " * 400, "../../etc/passwd", "..\\..\\x", "/etc/passwd", "file:///etc/passwd",
    "//evil.example",
    "http://evil.example", "javascript:alert(1)", "data:text/html,x", "http://[", "http://[::1",
    "http://a:99999",
    "https://exa mple.org/", "https://\u2488com", "a@b", "a@b.c\r\nBcc: x@y.zz", "@",
    "a" * 65 + "@example.org",
    "00000000-0000-0000-0000-000000000000", "{00000000000000000000000000000000}", "x" * 36, "=1+1", "+1",
    "@SUM(1)",
    "a\r\n\r\nb", "|||", "Arts|", "|Arts", "en-GB-oed", "x-" * 40, "zz", "EN",
)  # fmt: skip

#: Names that no form has and a careless one would take (threats, T33), and what would be wished for.
WISHED = (
    ("is_owner", "1"), ("is_admin", "true"), ("active", "0"), ("role", "facilitator"), ("role", "owner"),
    ("roles", "owner"), ("community_id", "00000000-0000-0000-0000-000000000001"), ("account_id", "1"),
    ("id", "1"),
    ("published_at", "2020-01-01"), ("state", "published"), ("consent_ok", "1"), ("checked_by", "me"),
    ("fs_uniquifier", "x"), ("password", "x"), ("email", "owner@example.org"), ("slug", "../x"),
    ("guid", "x"),
    ("revision", "-1"), ("__class__", "x"), ("_method", "DELETE"), ("next", "//evil.example"),
    ("csrf_token", "x"),
    ("confirmed_at", "2020-01-01"), ("tf_primary_method", "none"), ("show", "x"), ("episode", "x"),
    ("wish", "now"),
)  # fmt: skip

#: The lengths of our columns and limits; a text is one shorter, as long and one longer.
LENGTHS = (20, 63, 64, 100, 120, 200, 254, 255, 300, 500, 1000, 2000, 4000, 20_000, 100_000)

DAYS = ("2026-03-02", "2026-02-28", "2025-12-31", "2026-03-29", "")
TIMES = ("09:30", "00:00", "23:59", "01:30", "")


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1400, 1400), (10, 90, 160)).save(file, "PNG", compress_level=1)
    return file.getvalue()


FILES = (
    File("ward.mp3", b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 50, "audio/mpeg"),
    File("picture.png", _picture(), "image/png"),
    File("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image/png"),
    File("", b"", "application/octet-stream"),
    File("empty.mp3", b"", "audio/mpeg"),
    File("../../etc/passwd", b"#EXTM3U\nfile:///etc/passwd\n", "audio/x-mpegurl"),
    File("a\r\nX-Walk: hit\0\u202e.mp3", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    File("x" * 5000 + ".jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "text/html; charset=\xff"),
)


def fill(random: Random, form: Form, role: str) -> Asked:
    """The form as somebody sends it: in most cases with nothing or one thing amiss."""
    mood = random.choices(
        ("right", "one", "all", "missing", "twice", "more", "none"), (35, 38, 5, 8, 5, 8, 1), k=1
    )[0]
    odd = random.randrange(len(form.fields)) if form.fields and mood == "one" else -1
    fields: Fields = []
    for number, field in enumerate(form.fields):
        if mood == "all" or number == odd:
            fields.append((field.name, amiss(random, field)))
        else:
            fields += [(field.name, value) for value in right(random, field)]
    if mood == "missing" and fields:
        fields = [pair for pair in fields if random.random() < 0.6]
    if mood == "twice" and fields:
        name, _ = random.choice(fields)
        fields.insert(random.randrange(len(fields) + 1), (name, random.choice(HOSTILE)))
    if mood == "more":
        fields += random.sample(WISHED, 6)
    if mood == "none":
        fields = []
    return asked(random, form, fields, role)


def asked(random: Random, form: Form, fields: Fields, role: str) -> Asked:
    """The request that a browser makes of these fields; now and then in the other encoding."""
    if form.method == "GET":
        path = form.target.partition("?")[0]
        return Asked(role, "GET", f"{path}?{query_of(fields)}", token=False)
    enctype = MULTIPART if random.random() < 0.05 else form.enctype
    return Asked(role, "POST", form.target, *body_of(fields, enctype))


def right(random: Random, field: Field) -> list[str | File]:
    """What the field asks for; nothing where a box is not ticked."""
    if field.kind in ("radio", "select", "submit") and field.options:
        return [random.choice(field.options) if random.random() < 0.5 else field.value]
    if field.kind == "checkbox":
        return [option for option in field.options if random.random() < 0.6]
    made = _RIGHT.get(field.kind)
    if made is not None:
        return [made(random)]
    if field.value and random.random() < 0.7:
        return [field.value]
    if "mail" in field.name:
        return [_RIGHT["email"](random)]
    if field.name == "start":
        return [f"{random.randrange(60)}:{random.randrange(60):02d}"]
    return [random.choice(WORDS)[: field.maxlength]]


def amiss(random: Random, field: Field) -> str | File:
    """The edge of what the field takes, or what it does not take."""
    if field.kind == "file":
        return random.choice((*FILES, "a text where a file is asked for"))
    if random.random() < 0.3:
        length = (field.maxlength or random.choice(LENGTHS)) + random.choice((-1, 0, 1))
        return random.choice(("a", "a", "é", "a ", "\U0001f600"))[0] * length
    if random.random() < 0.03:
        return random.choice(FILES)
    return random.choice(HOSTILE)


_RIGHT: dict[str, Callable[[Random], str | File]] = {
    "email": lambda random: f"somebody{random.randrange(40)}@example.org",
    "password": lambda random: random.choice(("correct horse battery", "another good horse")),
    "date": lambda random: random.choice(DAYS),
    "time": lambda random: random.choice(TIMES),
    "number": lambda random: str(random.randrange(1, 30)),
    "url": lambda random: random.choice(("https://example.org/a?b=c", "")),
    "file": lambda random: random.choice(FILES[:2]),
    "search": lambda random: random.choice(("falls", "bedside handover", "fals", "")),
}
