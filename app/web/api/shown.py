"""Rows as the API shows them: plain values for the schemas."""

from app.models import Community, Episode, Recording, SegmentRow, Show, TranscriptRow
from app.services import access, drafts, episodes, shows
from app.services.progress import progress
from app.web.api.caller import account
from app.web.current import backends, public_address, settings
from app.web.session import current_session

Values = dict[str, object]


def of_community(community: Community) -> Values:
    """A community, with the account's role in it."""
    return {
        **_columns(community, "id", "slug", "name", "summary"),
        "role": access.role_in(current_session(), account(), community.id),
    }


def of_show(show: Show) -> Values:
    """A show, with its seasons."""
    names = ("id", "slug", "title", "description", "language", "explicit", "seasons", "requires_checked")
    return {
        **_columns(show, *names),
        "community": show.community.slug,
        "may_publish": access.may_publish(current_session(), account(), show),
        "url": public_address(f"/shows/{show.slug}"),
        "feed_url": shows.feed_address(settings().public_url, show.slug),
    }


def of_episode(episode: Episode) -> Values:
    """An episode, with its newest recording and how it stands."""
    session, now = current_session(), backends().clock()
    recording = episodes.latest_recording(session, episode)
    names = (
        "id", "guid", "slug", "kind", "state", "wish", "title", "summary", "notes", "content_note", "number",
        "season_id", "episode_type", "explicit", "created_at", "changed_at", "published_at", "public_from",
    )  # fmt: skip
    return {
        **_columns(episode, *names),
        "show": episode.show.slug,
        "is_public": episodes.is_public(episode, now),
        "hindrances": episodes.hindrances(session, episode),
        "version": drafts.version_of(episode),
        "url": public_address(f"/shows/{episode.show.slug}/{episode.slug}"),
        "studio_url": public_address(f"/studio/episodes/{episode.id}"),
        "bin_until": episodes.bin_ends(episode),
        "recording": of_recording(recording) if recording else None,
        "transcript": episode.transcript,
    }


def of_recording(recording: Recording) -> Values:
    """A recording on its way."""
    found = progress(recording, backends().clock())
    return {
        **_columns(recording, "id", "file_name", "size_bytes", "sha256", "duration_ms", "created_at"),
        "state": found.state,
        "step": found.step,
        "percent": round(found.fraction * 100),
        "words": found.words,
        "reason": found.reason,
        "seconds_left": found.seconds_left,
    }


def of_transcript(row: TranscriptRow) -> Values:
    """A transcript with each of its words."""
    names = (
        "id", "revision", "language", "language_confidence", "engine", "duration_ms", "created_at",
        "changed_at", "checked_at",
    )  # fmt: skip
    return {**_columns(row, *names), "segments": list(map(of_segment, row.segments))}


def of_segment(row: SegmentRow) -> Values:
    """A sentence with each of its words."""
    values = _columns(
        row, "number", "start_ms", "end_ms", "text", "machine_text", "speaker", "revision", "checked_at"
    )
    keys = ("start_ms", "end_ms", "text", "probability")
    return {**values, "words": [dict(zip(keys, word, strict=True)) for word in row.words]}


def _columns(row: object, *names: str) -> Values:
    return {name: getattr(row, name) for name in names}
