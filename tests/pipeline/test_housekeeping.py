"""What is done by and by: tags that follow the page, the bin, what nobody wants any more."""

import io
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from mutagen.id3 import ID3

from app.artwork import Artwork
from app.backends import Backends
from app.models import (
    Account,
    Enclosure,
    Episode,
    EpisodeKind,
    PublishWish,
    Recording,
    RecordingState,
    Show,
    TranscriptRow,
    Upload,
)
from app.pipeline import housekeeping, queues, steps
from app.pipeline.border import Hands
from app.services import artwork, drafts, episodes, recordings, uploads
from app.storage.keys import recording_key
from tests.factories import give_chapters, make_account, make_published, make_show
from tests.fakes import Watched
from tests.pipeline.making import all_the_way, enqueue, look, ready


@pytest.fixture
def published(hands: Hands, voice: Path) -> Episode:
    """An episode with real sound that the public hears."""
    recording_id = ready(hands.backends, voice, wish=PublishWish.when_ready)
    assert all_the_way(hands.backends, recording_id)
    steps.tell(hands.backends, recording_id, 1)
    housekeeping.renew_tags(hands.backends)
    return look(hands.backends, recording_id).episode


def address(backends: Backends) -> str:
    with backends.database.reading() as session:
        row = session.scalars(sa.select(Enclosure)).one()
        guid = session.scalar(sa.select(Episode.guid))
        return f"/media/{guid}/{row.sha256[:12]}.mp3"


def edit(backends: Backends, episode: Episode, title: str) -> None:
    with backends.database.begin() as session:
        row = session.get_one(Episode, episode.id)
        drafts.edit(session, row, drafts.EpisodeFields(title), backends.clock())


def test_tags_follow_the_title_and_chapters_under_a_new_address_and_the_old_one_redirects(
    hands: Hands, published: Episode, client: FlaskClient
) -> None:
    backends = hands.backends
    old = address(backends)
    size_before = len(client.get(old).data)
    backends.clock.move(minutes=5)  # type: ignore[attr-defined]
    edit(backends, published, title="Falls went down")
    with backends.database.begin() as session:
        row = session.get_one(Episode, published.id)
        give_chapters(session, row, backends.clock(), at_0_00="Beginning", at_0_01="End")

    assert housekeeping.renew_tags(backends) == 1
    new = address(backends)
    tags = ID3(io.BytesIO(client.get(new).data))
    assert tags["TIT2"].text == ["Falls went down"]
    chapters = {frame.start_time: frame.sub_frames["TIT2"].text[0] for frame in tags.getall("CHAP")}
    assert chapters == {0: "Beginning", 1000: "End"}
    assert new != old
    assert client.get(old).headers["Location"].endswith(new)
    feed = client.get(f"/shows/{published.show.slug}/feed.xml").text
    assert new in feed
    assert old not in feed
    assert f'length="{len(client.get(new).data)}"' in feed
    assert size_before > 0


def test_tags_that_fit_are_left_alone(hands: Hands, published: Episode) -> None:
    before = address(hands.backends)
    hands.backends.clock.move(minutes=5)  # type: ignore[attr-defined]
    with hands.backends.database.begin() as session:
        episodes.touch(session, session.get_one(Episode, published.id), hands.backends.clock())

    assert housekeeping.renew_tags(hands.backends) == 0
    assert address(hands.backends) == before


def test_a_change_that_was_begun_before_the_tags_were_read_and_written_after_is_not_missed(
    hands: Hands, published: Episode
) -> None:
    backends = hands.backends
    begun = backends.clock()
    backends.clock.move(seconds=20)  # type: ignore[attr-defined]
    housekeeping.renew_tags(backends)
    with backends.database.begin() as session:
        row = session.get_one(Episode, published.id)
        drafts.edit(session, row, drafts.EpisodeFields(title="Written late"), begun)

    assert housekeeping.renew_tags(backends) == 1


def test_one_sound_that_is_missing_does_not_keep_the_others_from_their_tags(
    hands: Hands, published: Episode
) -> None:
    backends = hands.backends
    with backends.database.begin() as session:
        make_published(session)  # its sound is not in the store
    backends.clock.move(minutes=5)  # type: ignore[attr-defined]
    old = look(backends, published.recording_id or uuid.uuid4()).episode.enclosure
    edit(backends, published, title="Another title")
    housekeeping.renew_tags(backends)
    new = look(backends, published.recording_id or uuid.uuid4()).episode.enclosure

    assert old is not None
    assert new is not None
    assert new.sha256 != old.sha256


def test_tags_that_cannot_be_written_keep_no_other_from_theirs_and_are_put_off(
    hands: Hands, published: Episode, voice: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backends = hands.backends
    other_id = ready(backends, voice, wish=PublishWish.when_ready, title="Another round")
    assert all_the_way(backends, other_id)
    backends.clock.move(minutes=5)  # type: ignore[attr-defined]
    edit(backends, look(backends, other_id).episode, title="Yet another")
    with backends.database.begin() as session:
        row = session.get_one(Episode, published.id)
        give_chapters(session, row, backends.clock(), at_0_00="Beginning")
        assert row.enclosure is not None
        row.enclosure.duration_ms = -1  # where the chapter ends: four bytes without a sign cannot hold it

    assert housekeeping.renew_tags(backends) == 2
    new = look(backends, other_id).episode.enclosure
    assert new is not None
    assert ID3(io.BytesIO(backends.store.read_range(new.key)))["TIT2"].text == ["Yet another"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert housekeeping.renew_tags(backends) == 0
    assert [path.name for path in backends.settings.data.glob("tmp*")] == []


def test_the_bytes_behind_a_former_address_go_after_a_day_and_the_address_stays(
    hands: Hands, published: Episode, client: FlaskClient
) -> None:
    backends = hands.backends
    old = address(backends)
    backends.clock.move(minutes=5)  # type: ignore[attr-defined]
    edit(backends, published, title="Another title")
    housekeeping.renew_tags(backends)
    backends.clock.move(hours=23)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    assert len(list(backends.store.list("enclosures"))) == 2

    backends.clock.move(hours=2)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    assert len(list(backends.store.list("enclosures"))) == 1
    assert client.get(old).status_code == 302


def test_the_bin_is_emptied_after_thirty_days_with_all_that_lies_in_the_store(
    hands: Hands, published: Episode, client: FlaskClient
) -> None:
    backends = hands.backends
    with backends.database.begin() as session:
        owner = session.scalars(sa.select(Account)).one()
        episodes.to_bin(session, session.get_one(Episode, published.id), owner, backends.clock())
    backends.clock.move(days=29)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    with backends.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Episode)) == 1

    backends.clock.move(days=2)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    with backends.database.reading() as session:
        for table in (Episode, Recording, Enclosure, TranscriptRow):
            assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    assert list(backends.store.list()) == []
    assert client.get("/search?q=handover&format=json").json["count"] == 0  # type: ignore[index]


def begin_upload(backends: Backends, size_bytes: int = 20_000_000) -> uploads.Opened:
    """An upload of which nothing has arrived yet."""
    opened = uploads.open_in_store(backends.store)
    with backends.database.begin() as session:
        asked = uploads.Asked(
            "a.mp3", size_bytes, "a" * 64, "A", EpisodeKind.episode, PublishWish.none, agreed=True
        )
        uploads.begin(
            session, make_account(session), make_show(session), None, asked, opened, backends.clock()
        )
    return opened


def test_an_upload_that_nobody_continued_for_a_week_is_given_up(hands: Hands) -> None:
    backends = hands.backends
    opened = begin_upload(backends)
    backends.clock.move(days=6, hours=23)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    assert backends.store.parts(recording_key(opened.recording_id), opened.store_upload) == ()

    backends.clock.move(hours=2)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    with backends.database.reading() as session:
        assert session.scalars(sa.select(Upload)).all() == []
    assert list(backends.store.abandoned(datetime.now(UTC) + timedelta(days=1))) == []


def test_an_upload_that_needs_only_its_row_is_kept_for_its_producer(hands: Hands) -> None:
    backends = hands.backends
    opened = begin_upload(backends, size_bytes=5)
    key = recording_key(opened.recording_id)
    backends.store.abort(key, opened.store_upload)
    backends.store.put_bytes(key, b"whole")  # as the store leaves it once the parts are put together
    backends.clock.now = datetime.now(UTC) + timedelta(days=20)  # type: ignore[attr-defined]
    touched_at = backends.clock() - timedelta(days=20)
    with backends.database.begin() as session:
        session.scalars(sa.select(Upload)).one().touched_at = touched_at
    housekeeping.sweep(backends)
    housekeeping.sweep_orphans(backends)

    assert backends.store.read_range(key) == b"whole"
    with backends.database.reading() as session:
        assert session.scalars(sa.select(Upload)).one().recording_id == opened.recording_id
    backends.clock.move(days=11)  # type: ignore[attr-defined]
    housekeeping.sweep(backends)
    housekeeping.sweep_orphans(backends)
    assert not backends.store.exists(key)


def test_an_upload_that_somebody_continues_while_the_sweep_looks_is_kept(hands: Hands) -> None:
    backends = hands.backends
    opened = begin_upload(backends)
    backends.clock.move(days=8)  # type: ignore[attr-defined]

    def go_on(name: str) -> None:
        if name == "exists":
            with backends.database.begin() as session:
                session.scalars(sa.select(Upload)).one().touched_at = backends.clock()

    housekeeping.sweep(replace(backends, store=Watched(backends.store, go_on)))

    assert backends.store.parts(recording_key(opened.recording_id), opened.store_upload) == ()
    with backends.database.reading() as session:
        assert session.scalars(sa.select(Upload)).one().recording_id == opened.recording_id


def test_objects_and_uploads_without_a_row_go_after_a_day_and_no_others(
    hands: Hands, published: Episode
) -> None:
    backends = hands.backends
    kept = {info.key for info in backends.store.list()}
    backends.store.put_bytes(recording_key(uuid.uuid4()), b"written by a worker that was killed")
    uploads.open_in_store(backends.store)
    backends.clock.now = datetime.now(UTC)  # type: ignore[attr-defined]

    assert housekeeping.sweep_orphans(backends) == 0
    backends.clock.move(hours=25)  # type: ignore[attr-defined]
    assert housekeeping.sweep_orphans(backends) == 2
    assert {info.key for info in backends.store.list()} == kept
    assert housekeeping.sweep_orphans(backends) == 0


def test_a_picture_goes_a_day_after_another_has_taken_its_place(hands: Hands) -> None:
    backends = hands.backends
    first, second = (Artwork(letter * 64, 1400, dict.fromkeys(artwork.SIZES, b"picture")) for letter in "ab")
    with backends.database.begin() as session:
        shows = [make_show(session, artwork_sha256=first.sha256) for _ in range(2)]
    for show in shows:
        for picture in (first, second):
            artwork.put(backends.store, show.id, picture)
    with backends.database.begin() as session:
        artwork.use(session, session.get_one(Show, shows[0].id), second.sha256, "A ward", backends.clock())
    backends.clock.now = datetime.now(UTC)  # type: ignore[attr-defined]
    assert housekeeping.sweep_orphans(backends) == 0

    backends.clock.move(hours=25)  # type: ignore[attr-defined]
    assert housekeeping.sweep_orphans(backends) == 6
    wanted = [(shows[0], second), (shows[1], first)]
    kept = {artwork.key(show.id, picture.sha256, size) for show, picture in wanted for size in artwork.SIZES}
    assert {info.key for info in backends.store.list("artwork")} == kept


def test_a_published_sound_that_is_missing_is_an_alarm(
    hands: Hands, published: Episode, caplog: pytest.LogCaptureFixture
) -> None:
    row = look(hands.backends, published.recording_id or uuid.uuid4()).episode.enclosure
    assert row is not None
    housekeeping.sweep_orphans(hands.backends)
    assert caplog.messages == []

    hands.backends.store.delete(row.key)
    housekeeping.sweep_orphans(hands.backends)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_recording_in_work_loses_nothing_to_the_sweep(hands: Hands, voice: Path) -> None:
    backends = hands.backends
    recording_id = ready(backends, voice)
    with backends.database.reading() as session:
        key = recordings.get(session, recording_id).key
    backends.store.put_bytes(recording_key(recording_id, "speech.wav"), b"made by the master step")
    backends.clock.now = datetime.now(UTC) + timedelta(days=3)  # type: ignore[attr-defined]
    housekeeping.sweep_orphans(backends)

    assert {info.key for info in backends.store.list()} == {key, recording_key(recording_id, "speech.wav")}


def test_a_recording_that_nobody_will_work_on_is_given_up_in_words(hands: Hands, voice: Path) -> None:
    waiting, lost = ready(hands.backends, voice), ready(hands.backends, voice)
    enqueue(hands.backends, waiting)

    assert housekeeping.give_up_lost(hands.backends) == 1
    assert look(hands.backends, waiting).state is RecordingState.working
    assert look(hands.backends, lost).state is RecordingState.failed


def test_a_recording_whose_workflow_ended_by_an_error_is_given_up_in_words(hands: Hands, voice: Path) -> None:
    recording_id = ready(hands.backends, voice)
    enqueue(hands.backends, recording_id)
    with hands.backends.database.begin() as session:
        session.execute(sa.update(queues.table(session)).values(status="ERROR"))

    assert housekeeping.give_up_lost(hands.backends) == 1
    assert look(hands.backends, recording_id).state is RecordingState.failed
    assert housekeeping.give_up_lost(hands.backends) == 0
