"""F9 and F10: what a person can ask for, asked twenty times at the same moment, by as many windows."""

import uuid

import sqlalchemy as sa
from lxml import etree

from app.models import AuditEntry, Episode, EpisodeState, PublishWish, Recording, RecordingState, Show
from tests.chaos.holding import all_broken, still_broken
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial
from tests.chaos.uploads import AT_ONCE, browsers_of, together

YES, NO = range(200, 400), range(400, 500)


def changes(trial: Trial) -> None:
    """Published, corrected, withdrawn, tried again: done once, answered in words, each in the audit."""
    place = trial.place()
    sounds: dict[object, str] = {}
    rounds = 1 if trial.few else 3
    with place.running("web"), place.running("worker"):
        browsers = browsers_of(place)
        for _ in range(rounds):
            recording_id = place.hand_in("short", PublishWish.none)
            sounds[recording_id] = "short"
            trial.wait(lambda one=recording_id: place.has_ended(one), 60, "the recording is ready")
            episode_id = place.recording(recording_id).episode_id
            _published(trial, place, browsers, episode_id)
            _corrected(trial, place, browsers, episode_id)
            _withdrawn(trial, place, browsers, episode_id)
        trial.wait(place.all_told, 60, "everything ends")
        # words were corrected, as was asked for: only the sound is as without a fault
        trial.broken += all_broken(place)
        _tried_again(trial, place, browsers)
    trial.broken += still_broken(place)


def _published(trial: Trial, place: Place, browsers: list[Producer], episode_id: uuid.UUID) -> None:
    revision = _revision(place)
    answers = _ask(trial, browsers, f"/studio/episodes/{episode_id}/publish/now")
    trial.same([], [status for status in answers if status not in YES], "answers to publishing")
    trial.expect(_revision(place) > revision, "the feed has no new revision")
    _audited(trial, place, episode_id, "published it, or asked for it as soon as it can be heard", answers)
    feed = etree.fromstring(browsers[0].get("/shows/rounds/feed.xml").content)
    guids = [item.findtext("guid") for item in feed.iterfind("channel/item")]
    trial.same(sorted(set(guids)), sorted(guids), "items of the feed")
    trial.same(EpisodeState.published, _state(place, episode_id), "after publishing it is")


def _corrected(trial: Trial, place: Place, browsers: list[Producer], episode_id: uuid.UUID) -> None:
    """Each has other words for the sentence that all of them have before them: one wins, none is lied to."""
    with place.backends.database.reading() as session:
        transcript = session.get_one(Episode, episode_id).transcript
        assert transcript is not None
        sentence = transcript.segments[0]
        seen = {"transcript": str(transcript.id), "revision": str(sentence.revision)}
        path = f"/studio/episodes/{episode_id}/transcript/{sentence.number}"
    said = [{**seen, "text": f"Words of person {number}."} for number in range(AT_ONCE)]
    answers = _ask(trial, browsers, path, said)
    saved = [one["text"] for one, status in zip(said, answers, strict=True) if status in YES]
    trial.same(1, len(saved), "people who were told that their words are kept")
    trial.same({409} if len(set(answers)) > 1 else set(), set(answers) - {*YES}, "answers to the others")
    with place.backends.database.reading() as session:
        transcript = session.get_one(Episode, episode_id).transcript
        assert transcript is not None
        trial.same(saved[:1], [transcript.segments[0].text], "the sentence")
    _audited(trial, place, episode_id, "corrected a sentence", answers)


def _withdrawn(trial: Trial, place: Place, browsers: list[Producer], episode_id: uuid.UUID) -> None:
    answers = _ask(trial, browsers, f"/studio/episodes/{episode_id}/withdraw")
    trial.same([], [status for status in answers if status not in YES], "answers to withdrawing")
    _audited(trial, place, episode_id, "withdrew it for good", answers)
    trial.same(EpisodeState.withdrawn, _state(place, episode_id), "after withdrawing it is")
    feed = browsers[0].get("/shows/rounds/feed.xml").text
    trial.expect(str(episode_id) not in feed, "what was withdrawn is in the feed")


def _tried_again(trial: Trial, place: Place, browsers: list[Producer]) -> None:
    """A file that is no sound is refused; asked twenty times to try again, it is tried once more."""
    path = trial.folder / "no-sound.wav"
    path.write_text("This is not a recording.\n" * 2000)
    recording_id = place.hand_in(path=path)
    trial.wait(lambda: place.has_ended(recording_id), 60, "it is refused")
    answers = _ask(trial, browsers, f"/studio/recordings/{recording_id}/again")
    trial.same(1, sum(status in YES for status in answers), "tries that were begun")
    trial.same([], [status for status in answers if status not in YES and status not in NO], "other answers")
    trial.wait(place.all_told, 60, "it is refused again")
    with place.backends.database.reading() as session:
        row = session.get_one(Recording, recording_id)
        trial.same((RecordingState.refused, 2), (row.state, row.attempt), "after another try it is")
        _audited(trial, place, row.episode_id, "tried the recording again", answers)


def _ask(
    trial: Trial, browsers: list[Producer], path: str, said: list[dict[str, str]] | None = None
) -> list[int]:
    """The status that each is answered with."""
    forms = iter(said or [{} for _ in browsers])
    asked = [(browser, next(forms)) for browser in browsers]

    def one(pair: tuple[Producer, dict[str, str]]) -> int:
        browser, form = pair
        return browser.post(path, form).status_code

    trial.fault()
    return together(asked, one)


def _audited(trial: Trial, place: Place, episode_id: uuid.UUID, what: str, answers: list[int]) -> None:
    """One entry for each that was told that it is done."""
    query = sa.select(sa.func.count()).where(
        AuditEntry.path == f"/studio/episodes/{episode_id}", AuditEntry.what == what
    )
    with place.backends.database.reading() as session:
        found = session.scalar(query)
    trial.same(sum(status in YES for status in answers), found, f"entries of “{what}”")


def _revision(place: Place) -> int:
    with place.backends.database.reading() as session:
        return session.scalars(sa.select(Show.revision)).one()


def _state(place: Place, episode_id: uuid.UUID) -> EpisodeState:
    with place.backends.database.reading() as session:
        return session.get_one(Episode, episode_id).state
