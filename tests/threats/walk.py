"""Fetches every output of the filled world once for each payload, and keeps what its reader meets."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.threats.fields import index
from tests.threats.inert import Reading, read
from tests.threats.payloads import names, squeezed
from tests.threats.world import Corner, World
from tests.web.places import client_of
from tests.web.test_route_matrix import RULES

#: Answers that nobody reads as text.
BYTES = frozenset(("audio/mpeg", "image/png", "image/jpeg", "text/css"))
#: Routes that are looked at elsewhere, and why.
ELSEWHERE: dict[str, str] = {
    "static": "files of ours",
    "studio.guide_picture": "a file of ours",
    "draft.sound": "sound of a draft; here all are published",
    "draft.episode": "seen on the way, while it was a draft",
    "account.welcome": "the owner is there: test_refused_forms",
    "account.reset": "by the letter's link: test_refused_forms",
    "joining.prove_email": "by the letter's link: test_refused_forms",
    "account.sign_in": "test_addresses",
    "organisation.begin": "no provider is set: tests/web/organisation",
    "organisation.come_back": "no provider is set: tests/web/organisation",
    "organisation.own": "no provider is set: tests/web/organisation",
    "account.ask_reset": "test_refused_forms",
    **{
        endpoint: "JSON for whoever has a token: tests/web/api/test_payloads"
        for endpoint, _ in RULES
        if endpoint.startswith("api.")
    },
}
#: Of these, which show the title or name of something in a heading and otherwise words of ours, each
#: payload sees a third, and each of them a third of the payloads.
HEADED = names(
    """
    factors.passkey_remove tokens.take_back studio.take_off_factors
    media.artwork media.enclosure joining.leave joining.invitation studio.show_new studio.show_doctor
    studio.show_seasons studio.consent_withdraw studio.credit_add studio.draft_link_list
    studio.episode_schedule studio.episode_take_back studio.community_members studio.close_account
    studio.recording_state studio.upload_state studio.sound studio.episode_listeners studio.person
    studio.show_artwork studio.sentence studio.consent_add
    """
)
#: Fields in whose texts is searched.
FOUND = ("EpisodeForm.title", "EpisodeForm.summary", "EpisodeForm.notes", "SentenceForm.text")
ENDINGS = ("vtt", "srt", "txt", "json", "html")
ALONE = None


@dataclass
class Output:
    """One answer: where, for which payload, and what its reader met."""

    endpoint: str
    number: int | None
    status: int
    mimetype: str
    headers: list[tuple[str, str]]
    reading: Reading = field(repr=False)
    is_public: bool = False


def outputs(world: World) -> Iterator[Output]:
    """All of them: those of the way, those of the owner, and those that everybody sees."""
    for endpoint, number, answer in world.passed:
        yield _output(endpoint, number, answer, is_public=endpoint in ("draft.episode", "search.typed"))
    anybody, _ = client_of(world.app, None)
    for endpoint, path in _alone():
        yield _look(world.owner, endpoint, None, path)
        if not path.startswith(("/studio", "/account")):
            yield _look(anybody, endpoint, None, path, is_public=True)
    for name in FOUND:
        for form in ("", "&format=json"):
            for page in range(1, 8):
                path = f"/search?q=q{index(name):02}x*&page={page}{form}"
                yield _look(anybody, f"search.{'json' if form else 'page'}", None, path, is_public=True)
    for corner in world.corners:
        for endpoint, path in list(_paths(world, corner)):
            is_public = not path.startswith(("/studio", "/account", "/invitation"))
            yield _look(
                anybody if is_public else world.owner, endpoint, corner.number, path, is_public=is_public
            )
        if corner.has_turn(0):
            yield _look(anybody, "joining.invitation", corner.number, corner.slugs["invitation"])


def _look(
    client: FlaskClient, endpoint: str, number: int | None, path: str, *, is_public: bool = False
) -> Output:
    return _output(endpoint, number, client.get(path, buffered=True), is_public=is_public)


def _output(endpoint: str, number: int | None, answer: TestResponse, *, is_public: bool = False) -> Output:
    mimetype = answer.mimetype
    nothing = mimetype in BYTES or answer.status_code in (302, 308)
    reading = Reading() if nothing else read(mimetype, answer.data)
    return Output(endpoint, number, answer.status_code, mimetype, list(answer.headers), reading, is_public)


def _alone() -> Iterator[tuple[str, str]]:
    """Addresses that name nothing."""
    for (endpoint, method), rule in RULES.items():
        if (
            method == "GET"
            and not rule.arguments
            and endpoint not in ELSEWHERE
            and endpoint != "embed.describe"
        ):
            yield endpoint, rule.rule
    yield "studio.audit_list", "/studio/audit?page=2"


def _paths(world: World, corner: Corner) -> Iterator[tuple[str, str]]:
    """Every address that names something of this payload's."""
    with world.app.test_request_context():
        for (endpoint, method), rule in RULES.items():
            if (
                method != "GET"
                or endpoint in ELSEWHERE
                or not rule.arguments
                or endpoint == "joining.invitation"
            ):
                continue
            if endpoint in HEADED and not corner.has_turn(sorted(HEADED).index(endpoint)):
                continue
            values = _values(corner, rule.rule)
            for ending in ENDINGS if "ending" in rule.arguments else ("",):
                named = {name: values[name] for name in rule.arguments} | (
                    {"ending": ending} if ending else {}
                )
                yield f"{endpoint}{ending and '.' + ending}", world.app.url_for(endpoint, **named)
        page = f"/shows/{corner.slugs['show']}/{corner.slugs['episode']}"
        for form in ("json", "xml"):
            yield (
                f"embed.describe.{form}",
                f"/oembed?format={form}&url={world.backends.settings.public_url}{page}",
            )


def _values(corner: Corner, rule: str) -> dict[str, object]:
    ids, slugs = corner.ids, corner.slugs
    slug = "community" if "communities" in rule or "leave" in rule else "show"
    return {
        "slug": slugs["episode"] if "<show_slug>" in rule else slugs[slug],
        "show_slug": slugs["show"],
        "guid": ids["guid"],
        "name": f"{corner.number:064x}"[:12] + "-320.jpg" if "artwork" in rule else ids["sound"],
        "what": "unpublish",
        "number": 0,
        "ending": "vtt",
        **{f"{name}_id": identity for name, identity in ids.items()},
    }


def holds(output: Output, text: str) -> bool:
    """Whether the reader meets this text, white space aside."""
    return squeezed(text) in output.reading.words
