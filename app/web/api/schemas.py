"""What the API shows of communities, shows, episodes and recordings, and what may be said of an episode."""

from marshmallow import validate

from app.models import Episode as EpisodeRow
from app.models import (
    EpisodeKind,
    EpisodeState,
    EpisodeType,
    MemberRole,
    PublishWish,
    RecordingState,
    Scope,
    Step,
)
from app.services.fields import LONGEST_TEXT
from app.web.api.pages import Piece
from app.web.api.values import Choice, Id, Many, Moment, Part, Said, Shown, Text, Whole, Yes, between, up_to

#: As an address has it.
SLUG = {"description": "As in the address of its page.", "example": "ward-rounds"}


class Me(Shown):
    """For whom a token acts, and what it may."""

    account_id = Id(required=True)
    name = Text(required=True)
    token = Text(required=True, metadata={"description": "The token's name."})
    scopes = Many(Choice(Scope, by_value=True), required=True)
    expires_at = Moment(required=True)


class Community(Shown):
    """A community in which the account makes things."""

    id = Id(required=True)
    slug = Text(required=True, metadata=SLUG)
    name = Text(required=True)
    summary = Text(required=True)
    role = Choice(MemberRole, by_value=True, required=True)


class Season(Shown):
    """A numbered part of a show."""

    id = Id(required=True)
    number = Whole(required=True)
    name = Text(required=True)


class Show(Shown):
    """A show for which the account makes episodes."""

    id = Id(required=True)
    slug = Text(required=True, metadata=SLUG)
    title = Text(required=True)
    description = Text(required=True)
    community = Text(required=True, metadata={"description": "The slug of its community."})
    language = Text(required=True)
    explicit = Yes(required=True)
    seasons = Many(Part(Season), required=True)
    requires_checked = Yes(
        required=True, metadata={"description": "Publishes only after a person has checked the transcript."}
    )
    may_publish = Yes(required=True, metadata={"description": "Whether the account publishes in this show."})
    url = Text(required=True)
    feed_url = Text(required=True)


class Recording(Shown):
    """How far a recording is on its way."""

    id = Id(required=True)
    file_name = Text(required=True)
    size_bytes = Whole(required=True)
    sha256 = Text(
        required=True, allow_none=True, metadata={"description": "Of the whole file, once it was received."}
    )
    state = Choice(RecordingState, by_value=True, required=True)
    step = Choice(Step, by_value=True, required=True)
    percent = Whole(
        required=True, validate=between(0, 100), metadata={"description": "Of the whole way, an estimate."}
    )
    words = Text(required=True, metadata={"description": "What happens with it now, for a person."})
    reason = Text(required=True, metadata={"description": "Why it stopped, or waits; else empty."})
    seconds_left = Whole(required=True, allow_none=True, metadata={"description": "An estimate."})
    duration_ms = Whole(required=True, allow_none=True)
    created_at = Moment(required=True)


class TranscriptInShort(Shown):
    """That there is a transcript, and how far it was checked."""

    id = Id(required=True)
    revision = Whole(required=True)
    language = Text(required=True)
    checked_at = Moment(
        required=True, allow_none=True, metadata={"description": "When a person had read all of it."}
    )


class Episode(Shown):
    """An episode, or a story."""

    id = Id(required=True)
    guid = Id(required=True, metadata={"description": "As in the feed; never changes."})
    show = Text(required=True, metadata={"description": "The slug of its show."})
    slug = Text(required=True, metadata=SLUG)
    kind = Choice(EpisodeKind, by_value=True, required=True)
    state = Choice(EpisodeState, by_value=True, required=True)
    is_public = Yes(required=True, metadata={"description": "Whether everybody can see it at this moment."})
    wish = Choice(
        PublishWish,
        by_value=True,
        required=True,
        metadata={"description": "What happens by itself once sound or transcript are there."},
    )
    hindrances = Many(
        Text(), required=True, metadata={"description": "What stands in the way of publishing, in words."}
    )
    title = Text(required=True)
    summary = Text(required=True)
    notes = Text(required=True, metadata={"description": "Markdown."})
    content_note = Text(required=True)
    number = Whole(required=True, allow_none=True)
    season_id = Id(required=True, allow_none=True)
    episode_type = Choice(EpisodeType, by_value=True, required=True)
    explicit = Yes(required=True)
    version = Text(
        required=True,
        metadata={"description": "Of what is said of it: send it with a change, so that nobody's is lost."},
    )
    url = Text(required=True, metadata={"description": "Its page, which only the public ones have."})
    studio_url = Text(required=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True)
    published_at = Moment(required=True, allow_none=True)
    public_from = Moment(
        required=True, allow_none=True, metadata={"description": "Nobody sees it before; null for at once."}
    )
    bin_until = Moment(
        required=True, allow_none=True, metadata={"description": "In the bin until then; else null."}
    )
    recording = Part(Recording, required=True, allow_none=True, metadata={"description": "The newest one."})
    transcript = Part(TranscriptInShort, required=True, allow_none=True)


#: In which state an episode is, for a filter: what is in the bin is in no other.
STATES = (*(state.value for state in EpisodeState), "bin")


class EpisodesAsked(Piece):
    """Which episodes."""

    show = Text(metadata={"description": "The slug of a show.", "example": "ward-rounds"})
    state = Text(
        validate=validate.OneOf(STATES, error="Choose one of these: {choices}."),
        metadata={"description": "All but those in the bin, where it is left out."},
    )
    sha256 = Text(
        validate=validate.Regexp(r"^[0-9a-f]{64}\Z", error="This is no sha256: 64 digits from 0 to f."),
        metadata={"description": "Those that have a recording with these bytes: is it here already?"},
    )


class EpisodeChange(Said):
    """What may be said of an episode; what is left out stays as it is."""

    version = Text(
        required=True,
        metadata={"description": "Of the episode as you read it.", "example": "00f1a2b3c4d5e6f7"},
    )
    title = Text(validate=up_to(EpisodeRow, "title"))
    summary = Text(validate=up_to(EpisodeRow, "summary"))
    notes = Text(
        validate=validate.Length(max=LONGEST_TEXT, error=f"Use {LONGEST_TEXT:,} characters or fewer."),
        metadata={"description": "Markdown."},
    )
    content_note = Text(validate=up_to(EpisodeRow, "content_note"))
    kind = Choice(EpisodeKind, by_value=True)
    number = Whole(allow_none=True, validate=between(1, 99_999))
    season_id = Id(allow_none=True, metadata={"description": "One of the show's seasons."})
    episode_type = Choice(EpisodeType, by_value=True)
    explicit = Yes()
