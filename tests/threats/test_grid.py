"""The grid: every payload, in every field that a person can fill, in every output that shows it (T9, T11,
T29, T30, T32).

A payload is refused in words, or kept as it was typed and shown as text. Nothing of it acts.
"""

import re
from collections import Counter
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Base
from app.mail import Letter, message_of
from tests.threats import fields
from tests.threats.payloads import PAYLOADS, carried, squeezed
from tests.threats.shown import HEADERS, PRIVATE, WHOLE, WORD
from tests.threats.walk import ELSEWHERE, FOUND, HEADED, Output
from tests.threats.world import Corner, World
from tests.web.test_route_matrix import RULES

pytestmark = pytest.mark.timeout(1200)  # the world is made for all; other work may take the processor

#: Payloads that a short column refuses, and nothing else.
TOO_LONG = {"very long"}
#: Which row of a table is the corner's: the column that names it.
OWN: dict[str, tuple[str, str]] = {
    "communities": ("id", "community"),
    "shows": ("id", "show"),
    "seasons": ("id", "season"),
    "episodes": ("id", "episode"),
    "chapters": ("episode_id", "episode"),
    "consents": ("episode_id", "episode"),
    "segments": ("transcript_id", "transcript"),
    "accounts": ("id", "account"),
    "uploads": ("id", "upload"),
    "people": ("community_id", "community"),
}
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def test_there_are_sixty_payloads_and_no_two_alike() -> None:
    assert len({text.casefold() for text in PAYLOADS.values()}) == len(PAYLOADS) >= 60


def test_every_text_field_of_every_form_has_its_place() -> None:
    forms = {name for name in fields.KEPT if name[0].isupper()}

    assert fields.text_fields() == forms | fields.ADDRESSES.keys() | fields.TRIED


def test_every_parameter_that_a_view_asks_for_has_its_place() -> None:
    bodies = {(kind, name) for kind, names in fields.BODIES.items() for name in names.split()}

    assert fields.parameters() == bodies | {("args", name) for name in fields.ASKED}


def test_every_column_of_text_is_filled_by_a_field_or_by_us() -> None:
    filled = {*fields.KEPT.values(), *fields.ADDRESSES.values(), *fields.HEARD}

    assert fields.text_columns() == filled | fields.OURS
    assert not filled & fields.OURS


def test_every_route_that_shows_something_is_looked_at(everything: list[Output]) -> None:
    looked_at = {output.endpoint for output in everything}
    routes = {endpoint for endpoint, method in RULES if method == "GET"}

    missing = {
        one for one in routes - ELSEWHERE.keys() if not any(seen.startswith(one) for seen in looked_at)
    }
    assert missing == set()
    assert routes >= HEADED


def test_every_value_is_refused_in_words_or_kept_as_it_was_typed(world: World) -> None:
    wrong = []
    for corner in world.corners:
        assert corner.taken.keys() | corner.refused >= fields.KEPT.keys()
        for name in fields.KEPT.keys() & corner.taken.keys():
            wanted = carried(corner.taken[name])
            if not any(_same(name, wanted, squeezed(kept)) for kept in _kept(world.session, corner, name)):
                wrong.append((name, corner.payload))
    world.session.rollback()

    assert wrong == []


def _kept(session: Session, corner: Corner, name: str) -> list[str]:
    table_name, column = fields.KEPT[name].split(".")
    table = Base.metadata.tables[table_name]
    if name == "NameForm.name":  # the owner's, changed by every corner: what the audit list says of it
        return list(session.scalars(sa.text("SELECT DISTINCT who FROM audit_entries")))
    by, of = OWN[table_name]
    found = session.scalars(sa.select(table.c[column]).where(table.c[by] == corner.ids[of])).all()
    return [one["title"] for one in found[0]] if column == "links" else list(found)


def _same(name: str, wanted: str, kept: str) -> bool:
    """A file's name loses its folders, and names lose what turns the direction of reading."""
    if name == "json file_name":
        plain = DIRECTIONS.sub("", wanted)
        is_part = kept == "recording" or kept in plain or plain.startswith(kept[:50])
        return is_part and len(kept) <= 200 and not re.search(r"[/\\]", kept)
    if fields.KEPT[name] == "accounts.name":
        return kept == DIRECTIONS.sub("", wanted)
    if name == "SentenceForm.text":
        return _readable(kept).replace("\ufffd", "") == _readable(wanted).replace("\ufffd", "")
    return kept == wanted


def test_only_what_is_too_long_or_no_text_at_all_is_refused(world: World) -> None:
    refused = Counter((name, corner.payload) for corner in world.corners for name in corner.refused)

    for name, payload in refused:
        no_json = name.startswith("json ") and re.search("[\ud800-\udfff]", PAYLOADS[payload])
        many_lines = name == "CommunityForm.links" and re.search("[\n|]", PAYLOADS[payload])
        assert payload in TOO_LONG or no_json or many_lines, (name, payload)


def test_nothing_acts_in_any_output(everything: list[Output]) -> None:
    found = [(one.endpoint, one.number, one.reading.dangers[:3]) for one in everything if one.reading.dangers]

    assert found == []


@pytest.mark.parametrize("name", sorted(WHOLE.keys() | WORD.keys()))
def test_a_value_is_read_where_it_belongs(world: World, everything: list[Output], name: str) -> None:
    taken = [corner for corner in world.corners if name in corner.taken]
    places = [(one, True) for one in WHOLE.get(name, "").split()] + [
        (one, False) for one in WORD.get(name, "").split()
    ]
    for endpoint, is_whole in places:
        outputs = [one for one in everything if one.endpoint == endpoint]
        proved, missing = 0, []
        for corner in taken:
            mine = [one for one in outputs if one.number in (None, corner.number) and one.status == 200]
            if not mine or not _can_be_read(corner, name, endpoint):
                continue
            is_cut = corner.payload in TOO_LONG  # in lists, and where a reader takes no more
            text = carried(corner.taken[name]) if is_whole and not is_cut else corner.word(name)
            proved += any(_readable(text) in _readable(one.reading.words) for one in mine)
            if not any(_readable(text) in _readable(one.reading.words) for one in mine):
                missing.append(corner.payload)
        assert missing == [], endpoint
        assert proved >= 15, endpoint


def _can_be_read(corner: Corner, name: str, endpoint: str) -> bool:
    """Search finds a word that stands alone; Markdown shows no address of a link that it does not make."""
    if endpoint in ("search.page", "search.json") and name in FOUND:
        return bool(re.search(r"(^|[ \n'(\"/`])§", PAYLOADS[corner.payload]))
    return True


def _readable(text: str) -> str:
    """Without what nobody sees, which some formats leave out."""
    return re.sub("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text)


def test_what_was_searched_for_is_shown_as_it_was_typed(world: World, everything: list[Output]) -> None:
    pages = {one.number: one.reading.words for one in everything if one.endpoint == "search.typed"}

    assert len(pages) == len(PAYLOADS)
    for corner in world.corners:
        assert carried(corner.payload_text) in pages[corner.number], corner.payload


def test_what_is_private_is_in_no_public_output(world: World, everything: list[Output]) -> None:
    public = [one for one in everything if one.is_public]
    leaks = {
        (name, one.endpoint)
        for one in public
        for corner in world.corners
        if one.number in (None, corner.number)
        for name in PRIVATE
        if corner.word(name) in one.reading.words
    }

    assert len(public) > 500
    assert leaks == set()


def test_no_answer_is_a_fault_of_ours(everything: list[Output]) -> None:
    statuses = Counter((one.endpoint, one.status) for one in everything if one.status >= 400)

    # there is no worker, no picture, no token for figures, and a form that was refused
    assert {endpoint for endpoint, status in statuses if status >= 500} <= {"health.show"}
    assert {endpoint for endpoint, status in statuses if status == 404} <= {"media.artwork", "metrics.show"}
    assert {status for _, status in statuses} <= {404, 422, 503}


def test_every_page_forbids_scripts_that_are_not_ours(everything: list[Output]) -> None:
    pages = [dict(one.headers) for one in everything if one.mimetype == "text/html"]

    assert len(pages) > 1000
    for headers in pages:
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_header_is_made_by_a_value(everything: list[Output]) -> None:
    names = {name for one in everything for name, _ in one.headers}
    values = {value for one in everything for _, value in one.headers}

    assert names <= HEADERS
    assert [value for value in values if not re.fullmatch(r"[\x20-\x7e]*", value)] == []


def test_feeds_have_their_episode_whatever_it_is_called(everything: list[Output]) -> None:
    feeds = [one for one in everything if one.endpoint == "feed.show_feed"]

    assert len(feeds) == len(PAYLOADS)
    assert {one.status for one in feeds} == {200}


def _parsed(letter: Letter) -> tuple[set[str], str, str]:
    message: Any = message_from_bytes(message_of(letter, "hearth@example.org").as_bytes())
    body = message.get_payload(decode=True).decode(message.get_content_charset())
    return set(message.keys()), str(make_header(decode_header(message["Subject"]))), body


LETTER_HEADERS = set(EmailMessage().keys()) | {"From", "To", "Subject", "Content-Type", "MIME-Version",
                                               "Content-Transfer-Encoding"}  # fmt: skip


def test_letters_say_names_as_they_were_typed_and_have_no_header_more(world: World) -> None:
    letters = world.mail.letters
    said = [_parsed(letter) for letter in letters]
    texts = _readable(squeezed("\n".join(subject + body for _, subject, body in said)))

    assert len(letters) >= 2 * len(PAYLOADS)
    assert all(headers <= LETTER_HEADERS for headers, _, _ in said)
    for name in ("CommunityForm.name", "NameForm.name", "NewAccountForm.name"):
        for corner in world.corners:
            if name in corner.taken:
                assert _readable(carried(corner.taken[name])) in texts, (name, corner.payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_title_stays_in_its_subject(payload: str) -> None:
    title = "".join(c for c in PAYLOADS[payload] if not 0xD800 <= ord(c) <= 0xDFFF)

    headers, subject, body = _parsed(Letter("a@example.org", f"“{title}” is ready", f"{title}\n"))

    assert headers <= LETTER_HEADERS
    assert squeezed(subject) == squeezed(f"“{title}” is ready")
    assert squeezed(title) in squeezed(body)
