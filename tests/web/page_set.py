"""Every page and state that somebody can meet: for the HTML checker and the walk by keyboard.

Made from the routes and their rows in doors.py, so that a new page comes in by itself. One that is
reached only with a token of its own, or that has a state of its own, is written down here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.backends import Backends, open_organisation
from app.models import (
    Account,
    AppCode,
    Consent,
    CreditRole,
    Episode,
    EpisodeKind,
    MemberRole,
    Notice,
    RecordingState,
    Season,
    Step,
)
from app.services import accounts, draft_links, episodes, members, people, transcripts
from tests.factories import (
    WHEN,
    give_chapters,
    make_account,
    make_enclosure,
    make_episode,
    make_figures,
    make_published,
    make_recording,
    make_transcript,
)
from tests.web.doors import IN, NOTHING, TABLE
from tests.web.places import Place, World, client_of, make_place, make_world
from tests.web.signing import PASSWORD, csrf_token
from tests.web.test_route_matrix import KNOWN, path_of, put_files
from tests.web.working import make_worker

#: Whose eyes the pages are looked at with: between them they see every branch of every template.
EYES = ("anonymous", "producer", "facilitator", "owner")

#: Makes a token, and gives the path that it opens.
Token = Callable[[Session, World, Place, Backends], str]

MARKDOWN = (
    "# Links\n\n- https://example.org/guide\n- [A leaflet](https://example.org/leaflet)\n\n"
    "> Thank you.\n\nAt 0:10 the story begins. *Listen*, **then** read.\n\n1. One\n2. Two\n\n---\n\n`code`"
)


@dataclass(frozen=True)
class Page:
    """A page that is looked at: where it is, and as whom.

    Besides the roles: "app" is somebody whose phone shows codes, "half" the same after the password alone.
    """

    name: str
    role: str
    path: str


@dataclass(frozen=True)
class Filled:
    """A world with one of everything in it, in every state."""

    world: World
    place: Place
    pages: tuple[Page, ...]

    def account(self, role: str) -> Account | None:
        """Who looks at the pages of this role."""
        return self.place.other if role in ("half", "app") else self.world.accounts.get(role)

    def client(self, app: Flask, role: str) -> FlaskClient:
        """Their browser."""
        account = self.account(role)
        if role != "half" or account is None:
            return client_of(app, account)[0]
        client = app.test_client()
        fields = {"email": account.email, "password": PASSWORD, "csrf_token": csrf_token(client, "/sign-in")}
        client.post("/sign-in", data=fields)
        return client


def with_organisation(backends: Backends) -> Backends:
    """The same with an organisation's own sign-in, whose provider is away."""
    settings = replace(
        backends.settings,
        oidc_issuer="http://127.0.0.1:1",
        oidc_client_id="hearth",
        oidc_client_secret="not a secret, only for the tests of it",
        oidc_name="Mersey sign-in",
    )
    organisation = open_organisation(settings, backends.clock)
    return replace(backends, settings=settings, organisation=organisation)


def at_first(session: Session, backends: Backends) -> tuple[Page, ...]:
    """What a service shows before there is anybody or anything in it."""
    token = accounts.owner_link_token(session, backends.settings.secret)
    session.rollback()
    paths = ("/", "/communities", "/search", "/search?q=falls", "/sign-in")
    pages = [Page(f"{path} of an empty service", "anonymous", path) for path in paths]
    return (*pages, Page("account.welcome by token", "anonymous", f"/welcome/{token}"))


def fill(app: Flask, session: Session, backends: Backends) -> Filled:
    """Make the world and list its pages; committed."""
    world = make_world(session)
    place = make_place(session, world)
    put_files(backends, place)
    _enrich(session, world, place, backends)
    pages = [*_routes(app, world, place), *_states(session, world, place, backends)]
    pages += [
        Page(f"{endpoint} by token", role, make(session, world, place, backends))
        for (endpoint, role), make in BY_TOKEN.items()
    ]
    session.commit()
    return Filled(world, place, tuple(pages))


def _routes(app: Flask, world: World, place: Place) -> Iterator[Page]:
    for role in EYES:
        for key in KNOWN:
            if key[1] == "GET" and TABLE[key].door[role] == IN:
                yield Page(f"{key[0]} as {role}", role, path_of(app, key, place, world))


def _states(session: Session, world: World, place: Place, backends: Backends) -> Iterator[Page]:
    """What the routes show of other episodes than the published one, and of other questions."""
    public = f"/shows/{place.episode.show.slug}"
    for name, episode in _episodes(session, world, place, backends).items():
        yield Page(f"episode, {name}", "producer", f"/studio/episodes/{episode.id}")
        yield Page(f"episode, {name}, as facilitator", "facilitator", f"/studio/episodes/{episode.id}")
        yield Page(f"public page, {name}", "anonymous", f"{public}/{episode.slug}")
        yield Page(f"frame, {name}", "anonymous", f"/embed/{episode.guid}")
        for part in ("edit", "chapters", "schedule", "draft-links", "people", "consent"):
            yield Page(f"{part}, {name}", "facilitator", f"/studio/episodes/{episode.id}/{part}")
        for what in ("unpublish", "withdraw", "bin"):
            yield Page(f"{what}, {name}", "facilitator", f"/studio/episodes/{episode.id}/{what}")
        yield Page(f"upload for {name}", "producer", f"/studio/upload?episode={episode.id}")
    for words in (
        "falls",
        "fals",
        '"ward round" nurs*',
        "nothing-like-it",
        "falls&person=00",
        "a&from=2026-01-01",
    ):
        yield Page(f"search for {words}", "anonymous", f"/search?q={words}")
    yield Page("search in a show", "anonymous", f"/search?q=falls&show={place.episode.show.slug}")
    yield Page("search in no show", "anonymous", "/search?q=falls&show=no-such")
    yield Page("second_step.code as half", "half", "/sign-in/code")
    yield Page("second_step.recovery as half", "half", "/sign-in/recovery")
    yield Page("factors.show as app", "app", "/account/second-step")
    yield Page("factors.app_code_off as app", "app", "/account/second-step/app/off")
    yield Page("organisation.own as owner", "owner", "/account/organisation")
    yield Page("organisation.begin as anonymous", "anonymous", "/sign-in/organisation")
    yield Page("organisation.come_back as anonymous", "anonymous", "/sign-in/organisation/return")
    yield Page("nothing", "anonymous", "/nothing-here")
    yield Page("nothing in the studio", "facilitator", "/studio/nothing-here")
    yield Page("not allowed", "member", "/studio/")
    yield Page("account of a member", "member", "/account")
    yield Page("account of a storyteller", "storyteller", "/account")
    yield Page("studio of a stranger", "stranger", "/studio/")
    yield Page("studio page for one show", "producer", f"/studio/upload?show={place.episode.show.slug}")


def _enrich(session: Session, world: World, place: Place, backends: Backends) -> None:
    """Texts where they may be, listeners, news, people who wait, workers."""
    episode, show, community = place.episode, place.episode.show, world.community
    episode.title, episode.summary = (
        "Falls & “handovers” <at the bedside>",
        "What changed, and who changed it.",
    )
    episode.notes, episode.content_note = MARKDOWN, "Somebody speaks of a fall."
    episode.number, episode.season = 3, place.season
    episode.published_at = WHEN + timedelta(microseconds=123_456)  # as real clocks have it
    session.add(AppCode(account_id=place.other.id, secret="sealed", last_step=0, created_at=WHEN))
    show.artwork_alt, show.copyright, show.verify_text = "A lantern", "The Academy", "abc"
    community.domain, community.community, community.practice = "Falls & frailty", "Nurses", MARKDOWN
    community.learning_agenda = "- What we want to learn"
    community.links = [{"title": "A <link>", "url": "https://example.org/?a=1&b=2"}]
    community.contact_email = "contact@example.org"
    assert episode.transcript is not None
    episode.transcript.checked_at = WHEN
    for row, speaker in zip(episode.transcript.segments, ("Ada", "Ada", "Bea", "Ada"), strict=True):
        row.speaker = speaker
    make_figures(session, episode, backends.clock().date())
    session.add(Season(show=show, number=2, name="The second"))
    make_published(session, show, title="The one before", published_at=WHEN - timedelta(days=3))
    for kind in ("ready", "failed"):
        session.add(
            Notice(
                account_id=world.accounts["facilitator"].id,
                episode_id=episode.id,
                kind=kind,
                text="It is ready.",
                created_at=WHEN,
            )
        )
    make_worker(session, "ward-0")
    make_worker(session, "theatre-0", silent_s=400)
    session.flush()
    transcripts.index(session, episode)


def _episodes(session: Session, world: World, place: Place, backends: Backends) -> Mapping[str, Episode]:
    """An episode in each state, by the name of the state."""
    show, facilitator, now = place.episode.show, world.accounts["facilitator"], backends.clock()
    made: dict[str, Episode] = {}
    for name in ("ready", "scheduled", "story", "unpublished", "withdrawn", "binned"):
        episode = made[name] = make_episode(
            session, show, title=f"One that is {name}", created_by=facilitator.id
        )
        recording = make_recording(session, episode)
        backends.store.put_bytes(make_enclosure(session, recording).key, b"ID3sound")
        transcript = make_transcript(session, recording)
        unsure = transcript.segments[1]
        unsure.words = [[*word[:3], 0.2 if word[2] == "nurses" else 0.9] for word in unsure.words]
        give_chapters(session, episode, at_0_00="Welcome & <thanks>", at_0_10="The handover")
    episodes.schedule(session, made["scheduled"], datetime(2026, 4, 2, 6, 30, tzinfo=UTC), facilitator, now)
    for name in ("unpublished", "withdrawn"):
        episodes.publish(session, made[name], facilitator, now)
    episodes.unpublish(session, made["unpublished"], facilitator, now)
    episodes.withdraw(session, made["withdrawn"], facilitator, now)
    episodes.to_bin(session, made["binned"], facilitator, now)
    draft_links.make(session, made["ready"], facilitator, now)
    _consent(session, made["story"], now)
    for name, state, more in (
        ("working", RecordingState.working, {"step": Step.transcribe, "progress": 0.4}),
        ("failed", RecordingState.failed, {"step": Step.inspect, "reason": "The file ends too early."}),
        ("refused", RecordingState.refused, {"step": Step.inspect, "reason": "This is a picture."}),
    ):
        made[name] = make_episode(session, show, title=f"One that is {name}", created_by=facilitator.id)
        make_recording(session, made[name], state=state, **more)
    made["empty"] = make_episode(session, show, title="One without a recording")
    return made


def _consent(session: Session, episode: Episode, now: datetime) -> None:
    """It becomes a story of somebody who has agreed, and of somebody who does not any more."""
    episode.kind = EpisodeKind.story
    for name, withdrawn_at in (("Ruth", None), ("Grace", now)):
        teller = people.add(session, episode.show.community, name, "A carer.", "https://example.org/", now)
        people.credit(session, episode, teller, CreditRole.storyteller, now)
        episode.consents.append(
            Consent(
                person=teller,
                purpose="Publishing",
                how_given="Signed form",
                given_on=now.date(),
                taken_by="Ada",
                created_at=now,
                withdrawn_at=withdrawn_at,
            )
        )
    session.flush()


def _reset(session: Session, _world: World, _place: Place, backends: Backends) -> str:
    until = backends.clock() + timedelta(hours=1)
    return accounts.reset_link(make_account(session), backends.settings.secret, "", until)


def _email(_session: Session, world: World, _place: Place, backends: Backends) -> str:
    until = backends.clock() + timedelta(hours=1)
    account = world.accounts["facilitator"]
    return accounts.email_link(account, "new@example.org", backends.settings.secret, "", until)


def _invited(email: str | None) -> Token:
    def make(session: Session, world: World, _place: Place, backends: Backends) -> str:
        facilitator, now = world.accounts["facilitator"], backends.clock()
        to = email or make_account(session).email
        made = members.invite(session, world.community, to, MemberRole.producer, facilitator, now)
        return members.link(made, backends.settings.secret, "")

    return make


def _draft(session: Session, world: World, place: Place, backends: Backends) -> str:
    draft = make_episode(session, place.episode.show, title="A draft to be shown", notes=MARKDOWN)
    recording = make_recording(session, draft)
    backends.store.put_bytes(make_enclosure(session, recording).key, b"ID3sound")
    make_transcript(session, recording)
    _, token = draft_links.make(session, draft, world.accounts["facilitator"], backends.clock())
    return f"/draft/{token}"


#: The pages that are reached only by a token which we made, and as whom they are looked at.
BY_TOKEN: Mapping[tuple[str, str], Token] = {
    ("account.reset", "anonymous"): _reset,
    ("joining.prove_email", "anonymous"): _email,
    ("joining.invitation", "anonymous"): _invited("new@example.org"),
    ("joining.invitation", "member"): _invited("other@example.org"),
    ("joining.invitation", "stranger"): _invited(None),
    ("draft.episode", "anonymous"): _draft,
}

#: Not for anybody by its address alone, and looked at otherwise: before there is an owner, where an
#: organisation has a sign-in of its own, or no page at all.
NOT_BY_TOKEN = {
    "account.welcome",
    "draft.sound",
    "metrics.show",
    "organisation.begin",
    "organisation.come_back",
    "organisation.own",
}


def lacking() -> set[str]:
    """The routes that nobody reaches without a token, and for which nothing here makes one."""
    closed = {key[0] for key in KNOWN if key[1] == "GET" and set(TABLE[key].door.values()) == {NOTHING}}
    return closed - {endpoint for endpoint, _ in BY_TOKEN} - NOT_BY_TOKEN
