"""The small world that the guide's pictures show: demo data, true of nobody, and the same every time."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.artwork import make_artwork
from app.backends import Backends
from app.demo.artwork import steps
from app.models import Account, Credit, CreditRole, Episode, MemberRole, Person, RecordingState, Show, Step
from app.services import artwork, members, transcripts
from tests.factories import (
    WHEN,
    give_chapters,
    make_account,
    make_community,
    make_enclosure,
    make_episode,
    make_figures,
    make_membership,
    make_recording,
    make_show,
    make_transcript,
)

HANDOVER = (
    "Good morning, and welcome to Steady Steps.",
    "Today we talk about the handover at the bedside, with Ruth, who has nursed for thirty years.",
    "We used to stand in the corridor, and the person in the bed heard half of it.",
    "Now we stand beside them, and they tell us what we got wrong.",
    "Falls went down in the first month, because everybody had seen where the stick was.",
    "Thank you, Ruth, and thank you for listening.",
)
NIGHT = (
    "At three in the morning the ward sounds different.",
    "You hear the pumps, and you hear who is awake.",
    "We wrote down what we had learned, and gave it to the day shift.",
)
UNSURE = ("pumps", "learned")


@dataclass(frozen=True)
class GuideWorld:
    """A show with two public episodes, a draft that is ready and one that is on its way."""

    facilitator: Account
    show: Show
    public: Episode
    draft: Episode
    working: Episode


def make_guide_world(session: Session, backends: Backends, sound: bytes) -> GuideWorld:
    """Made with fixed names and times; committed."""
    community = make_community(session, slug="falls-and-frailty", name="Falls and Frailty", is_demo=True)
    facilitator = make_account(session, name="Amina Demo", email="amina@example.org")
    make_membership(session, facilitator, community, "facilitator")
    for name, role in (("Bea Demo", "producer"), ("Carl Demo", "member")):
        account = make_account(session, name=name, email=f"{name[:4].strip().lower()}@example.org")
        make_membership(session, account, community, role)
    now = backends.clock()
    members.invite(session, community, "dora@example.org", MemberRole.producer, facilitator, now)
    show = make_show(
        session,
        community,
        slug="steady-steps",
        title="Steady Steps",
        description="How people who fall, and those who care for them, find their feet again.",
    )
    show.guid = uuid.uuid5(uuid.NAMESPACE_URL, show.slug)
    picture = make_artwork(steps(("#1f4a4d", "#e9dcc3", "#d98e4a")))
    artwork.put(backends.store, show.id, picture)
    artwork.use(session, show, picture.sha256, "Three steps and a low sun", now)
    old = _episode(session, backends, show, "Why we count falls", NIGHT, sound, ago_days=21)
    public = _episode(session, backends, show, "The handover at the bedside", HANDOVER, sound, ago_days=7)
    public.summary = "A ward moves its handover from the corridor to the bedside. Ruth says what changed."
    give_chapters(session, public, at_0_00="Welcome", at_0_10="In the corridor", at_0_20="At the bedside")
    _name(session, public, "Ruth", CreditRole.guest)
    for episode in (old, public):
        make_figures(session, episode, now.date())
    draft = _episode(session, backends, show, "What the night shift taught us", NIGHT, sound)
    draft.created_by = facilitator.id
    working = make_episode(session, show, title="A walk with a physiotherapist", created_by=facilitator.id)
    make_recording(
        session,
        working,
        state=RecordingState.working,
        step=Step.transcribe,
        progress=0.6,
        step_started_at=now - timedelta(seconds=60),
    )
    session.commit()
    return GuideWorld(facilitator, show, public, draft, working)


def _episode(
    session: Session,
    backends: Backends,
    show: Show,
    title: str,
    sentences: tuple[str, ...],
    sound: bytes,
    ago_days: int = 0,
) -> Episode:
    """A draft with its sound and its words; public since so many days."""
    made_at = WHEN - timedelta(days=ago_days)
    episode = make_episode(session, show, title=title, guid=uuid.uuid5(uuid.NAMESPACE_URL, title))
    episode.created_at = episode.changed_at = made_at
    episode.slug = title.lower().replace(" ", "-")
    recording = make_recording(session, episode)
    enclosure = make_enclosure(session, recording, sound)
    enclosure.waveform = [20 + (number * 37) % 70 for number in range(160)]
    backends.store.put_bytes(enclosure.key, sound)
    transcript = make_transcript(session, recording, sentences)
    for row in transcript.segments:
        row.words = [[*word[:3], 0.2 if word[2].strip(",.") in UNSURE else 0.9] for word in row.words]
    if ago_days:
        episode.state = type(episode.state).published
        episode.published_at = made_at
        session.flush()
        transcripts.index(session, episode)
    session.flush()
    return episode


def _name(session: Session, episode: Episode, name: str, role: CreditRole) -> None:
    person = Person(community_id=episode.show.community_id, public_name=name, created_at=WHEN)
    session.add(person)
    episode.credits.append(Credit(person=person, role=role))
    session.flush()
