"""What podcast apps would refuse or ignore: of one episode before it is published, and of a whole show.

Asks feeds.doctor about the channel as it is, or as it would be. Changes nothing, and stands in nobody's way.
"""

import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.models import Episode, RecordingState, Show
from app.services import episodes
from app.services.feeds import channel_of
from app.services.published import public_episode_ids
from feeds.chapters import Chapter
from feeds.doctor import problems
from feeds.file_rules import chapters_problems
from feeds.problem import Code, Problem, grave_first


def before_publishing(session: Session, episode: Episode, public_url: str) -> tuple[Problem, ...]:
    """What would be wrong with the feed if this episode were in it now.

    Everything that is about the episode, and of the show what directories would refuse. Sound and words that
    are still on their way are not asked for: the episode's page tells how far they are.
    """
    show, guid = episode.show, str(episode.guid)
    channel = channel_of(session, show, show.changed_at, public_url, _with(episode))
    found = [problem for problem in problems(channel) if problem.guid == guid or _is_of_show(problem)]
    chapters = [Chapter(chapter.start_ms, chapter.title) for chapter in episode.chapters]
    if chapters:
        length_ms = episode.enclosure.duration_ms if episode.enclosure else None
        found += chapters_problems(guid, chapters, length_ms)
    still_coming = {Code.ENCLOSURE_MISSING}
    if _has_words_or_waits_for_them(session, episode):
        still_coming.add(Code.TRANSCRIPT_MISSING)
    return grave_first([problem for problem in found if problem.code not in still_coming])


def whole_show(session: Session, show: Show, public_url: str) -> tuple[Problem, ...]:
    """What is wrong with the feed that the public gets."""
    silent = {
        str(guid)
        for guid in session.scalars(
            sa.select(Episode.guid).where(Episode.show_id == show.id, Episode.transcript_id.is_not(None))
        )
    }
    return tuple(
        problem
        for problem in problems(channel_of(session, show, show.changed_at, public_url))
        # heard to its end, and no word found in it: nobody can mend that
        if not (problem.code is Code.TRANSCRIPT_MISSING and problem.guid in silent)
    )


def episodes_of(session: Session, show: Show, found: Iterable[Problem]) -> dict[str, Episode]:
    """The episodes that the problems are about, by the guid that the problems name."""
    guids = {uuid.UUID(problem.guid) for problem in found if problem.guid is not None}
    told = session.scalars(sa.select(Episode).where(Episode.show_id == show.id, Episode.guid.in_(guids)))
    return {str(episode.guid): episode for episode in told}


def _with(episode: Episode) -> sa.Select[uuid.UUID]:
    """The episode, and the public ones whose number it shares: what its own problems can depend on."""
    its_own = Episode.id == episode.id
    if episode.number is None:
        return sa.select(Episode.id).where(its_own)
    same_number = sa.and_(
        Episode.id.in_(public_episode_ids()),
        Episode.show_id == episode.show_id,
        Episode.number == episode.number,
        Episode.season_id.is_not_distinct_from(episode.season_id),
    )
    return sa.select(Episode.id).where(sa.or_(its_own, same_number))


def _is_of_show(problem: Problem) -> bool:
    return problem.guid is None and problem.is_grave


def _has_words_or_waits_for_them(session: Session, episode: Episode) -> bool:
    if episode.transcript_id is not None or episode.enclosure_id is None:
        return True
    latest = episodes.latest_recording(session, episode)
    return latest is not None and latest.state is RecordingState.working
