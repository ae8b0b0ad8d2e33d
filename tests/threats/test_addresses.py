"""The same payloads where an address is meant or made: query strings, paths, e-mail and web addresses."""

import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app.errors import Invalid
from app.services import accounts, fields
from tests.conftest import Standing
from tests.threats.fields import ASKED
from tests.threats.inert import read
from tests.threats.payloads import PAYLOADS, sent, typed
from tests.threats.world import World, opened
from tests.web.places import client_of, make_place, make_world
from tests.web.test_route_matrix import put_files

pytestmark = pytest.mark.timeout(1200)
PATHS = (
    "/{}",
    "/shows/{}",
    "/shows/x/{}",
    "/communities/{}",
    "/draft/{}",
    "/invitation/{}",
    "/static/{}",
    "/embed/{}",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> dict[str, object]:
    """A service with one of everything: its owner's browser, a stranger's, and what names the episode."""
    with opened(standing(tmp_path_factory.mktemp("addresses"))) as world:
        yield _with_place(world)


def _with_place(world: World) -> dict[str, object]:
    people = make_world(world.session)
    made = make_place(world.session, people)
    put_files(world.backends, made)
    enclosure, show = made.episode.enclosure, made.episode.show
    assert enclosure is not None
    page = f"{world.backends.settings.public_url}/shows/{show.slug}/{made.episode.slug}"
    found = {"guid": made.episode.guid, "sound": f"{enclosure.sha256[:12]}.mp3", "page": page}
    world.session.commit()
    return found | {"owner": world.owner, "anybody": client_of(world.app, None)[0]}


def looked_at(client: FlaskClient, address: str) -> None:
    """No fault, nothing that acts, and nobody is led away."""
    answer = client.get(address, buffered=True)

    assert answer.status_code < 500 or answer.status_code == 501, address
    if answer.mimetype not in ("audio/mpeg", "text/css"):
        assert read(answer.mimetype, answer.data).dangers == [], address
    where = answer.headers.get("Location", "/")
    assert re.fullmatch(r"(http://(127\.0\.0\.1:8000|localhost))?/([^/\\][\x21-\x7e]*)?", where), address
    assert all(re.fullmatch(r"[\x20-\x7e]*", value) for _, value in answer.headers), address


@pytest.mark.parametrize("name", ASKED)
def test_a_value_in_a_query_string_is_text(place: dict[str, object], name: str) -> None:
    path = ASKED[name].format(**place)
    for number, payload in enumerate(PAYLOADS):
        value = quote(sent(typed(payload, "x00q")))
        client = place["owner" if number % 2 or path.startswith("/studio") else "anybody"]
        assert isinstance(client, FlaskClient)
        looked_at(client, f"{path}{'&' if '?' in path else '?'}{name}={value}")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_nowhere_says_so_and_shows_nothing_that_acts(
    place: dict[str, object], path: str
) -> None:
    client = place["anybody"]
    assert isinstance(client, FlaskClient)
    for payload in PAYLOADS:
        looked_at(client, path.format(quote(sent(typed(payload, "x00q")), safe="")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_no_address_is_refused(payload: str) -> None:
    text = fields.line(typed(payload, "x00q"))

    assert fields.link_problem(text)
    assert fields.email_problem(text)
    with pytest.raises(Invalid):
        accounts.normal_email(text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_behind_a_right_beginning_nothing_leaves_the_address(payload: str) -> None:
    text = fields.line(typed(payload, "x00q"))

    for address, problem in (
        (f"https://example.org/{text}", fields.link_problem),
        (f"a@{text}.org", fields.email_problem),
        (f"{text}@example.org", fields.email_problem),
    ):
        assert problem(address) or not re.search(r"[\s<>\"\x00-\x1f]", address)
