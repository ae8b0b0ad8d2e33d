"""A recording on its way in: one file is one upload, one upload is one recording."""

import hashlib
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.backends import Backends
from app.errors import Conflict, Invalid, NotFound, TooLarge
from app.models import Account, Episode, EpisodeKind, PublishWish, Recording, Show, Upload
from app.services import fields, uploads
from app.settings import Limits
from app.storage.keys import recording_key
from tests.factories import WHEN, make_account, make_community, make_episode, make_membership, make_show

ASKED = uploads.Asked(
    file_name="ward round.mp3",
    size_bytes=20_000_000,
    first_part_sha256="a" * 64,
    title="Ward round",
    kind=EpisodeKind.episode,
    wish=PublishWish.when_ready,
    agreed=True,
)


def begin(
    session: Session, backends: Backends, asked: uploads.Asked = ASKED, role: str = "producer"
) -> Upload:
    community = make_community(session)
    account = make_account(session, password=None)
    make_membership(session, account, community, role)
    show = make_show(session, community)
    opened = uploads.open_in_store(backends.store)
    return uploads.begin(session, account, show, None, asked, opened, WHEN)


def whose(session: Session, upload: Upload) -> Account:
    return session.get_one(Account, upload.account_id)


def test_an_upload_needs_the_agreement_of_all_who_are_heard() -> None:
    with pytest.raises(Invalid) as refused:
        uploads.check(replace(ASKED, agreed=False), Limits())

    assert list(refused.value.problems) == ["agreed"]


def test_a_recording_may_have_four_gigabytes_and_not_a_byte_more() -> None:
    uploads.check(replace(ASKED, size_bytes=4 * 1024**3), Limits())

    with pytest.raises(TooLarge, match="up to 4 GB"):
        uploads.check(replace(ASKED, size_bytes=4 * 1024**3 + 1), Limits())


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "../" + "a" * 61, "é" * 64])
def test_what_is_no_hash_is_refused(sha256: str) -> None:
    with pytest.raises(Invalid):
        uploads.check(replace(ASKED, first_part_sha256=sha256), Limits())


def test_the_same_file_is_recognised_by_name_size_and_first_part(
    session: Session, backends: Backends
) -> None:
    upload = begin(session, backends)
    account, show = whose(session, upload), session.get_one(Show, upload.show_id)

    assert uploads.find_same(session, account, show, None, ASKED) is upload
    for other in (
        replace(ASKED, file_name="other.mp3"),
        replace(ASKED, size_bytes=1),
        replace(ASKED, first_part_sha256="b" * 64),
    ):
        assert uploads.find_same(session, account, show, None, other) is None


def test_nobody_finds_the_upload_of_somebody_else(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    stranger = make_account(session, password=None)

    with pytest.raises(NotFound):
        uploads.own(session, upload.id, stranger)


@pytest.mark.parametrize(
    ("number", "size_bytes", "sha256"),
    [
        (0, 8_388_608, "c" * 64),
        (4, 8_388_608, "c" * 64),
        (2, 8_388_607, "c" * 64),
        (3, 8_388_608, "c" * 64),
        (1, 8_388_608, "c" * 64),
    ],
)
def test_a_part_of_another_file_gets_no_address(
    session: Session, backends: Backends, number: int, size_bytes: int, sha256: str
) -> None:
    upload = begin(session, backends)

    with pytest.raises(Conflict):
        uploads.check_part(upload, Limits().part_bytes, uploads.AskedPart(number, size_bytes, sha256))


def test_the_last_part_is_as_long_as_what_is_left(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)

    last = uploads.AskedPart(3, 20_000_000 - 2 * 8_388_608, "c" * 64)
    uploads.check_part(upload, Limits().part_bytes, last)


def test_completing_makes_a_draft_with_the_recording_and_the_agreement(
    session: Session, backends: Backends
) -> None:
    upload = begin(session, backends)

    recording, is_new = uploads.complete(session, upload, whose(session, upload), WHEN)

    episode = recording.episode
    assert is_new
    assert (episode.title, episode.state.value, episode.wish) == (
        "Ward round",
        "draft",
        PublishWish.when_ready,
    )
    assert episode.recording_id == recording.id
    assert recording.key == recording_key(upload.recording_id)
    assert (recording.agreement_version, recording.agreed_by, recording.agreed_at) == (
        uploads.AGREEMENT_VERSION,
        upload.account_id,
        WHEN,
    )


def test_a_wish_to_publish_counts_only_for_those_who_may(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    session.get_one(Show, upload.show_id).producers_publish = False

    recording, _ = uploads.complete(session, upload, whose(session, upload), WHEN)

    assert recording.episode.wish is PublishWish.none


def test_a_replacement_leaves_what_listeners_hear(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    episode = make_episode(session, session.get_one(Show, upload.show_id))
    upload.episode_id = episode.id
    guid = episode.guid

    recording, _ = uploads.complete(session, upload, whose(session, upload), WHEN)

    assert recording.episode is episode
    assert episode.guid == guid
    assert session.scalar(sa.select(sa.func.count()).select_from(Episode)) == 1


def test_twenty_completions_at_once_make_one_recording(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    session.commit()
    together = threading.Barrier(20)
    made: list[bool] = []

    def complete() -> None:
        together.wait()
        with backends.database.begin() as own:
            account = own.get_one(Account, upload.account_id)
            _, is_new = uploads.complete(own, uploads.own(own, upload.id, account), account, WHEN)
            made.append(is_new)

    threads = [threading.Thread(target=complete) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [False] * 19 + [True]
    with backends.database.reading() as own:
        assert own.scalar(sa.select(sa.func.count()).select_from(Recording)) == 1
        assert own.scalar(sa.select(sa.func.count()).select_from(Episode)) == 1


def test_what_was_received_cannot_be_forgotten(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)
    uploads.complete(session, upload, whose(session, upload), WHEN)

    with pytest.raises(Conflict):
        uploads.forget(session, upload)


def test_an_upload_without_its_parts_cannot_be_put_together(session: Session, backends: Backends) -> None:
    upload = begin(session, backends)

    with pytest.raises(Conflict, match="have not arrived"):
        uploads.put_together(
            backends.store, upload.recording_id, upload.store_upload, upload.size_bytes, Limits().part_bytes
        )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/absolute/talk.mp3", "talk.mp3"),
        ("nul\x00byte.mp3", "nulbyte.mp3"),
        ("a" * 300 + ".mp3", "a" * 196 + ".mp3"),
        ("CON", "CON"),
        ("talk.mp3.", "talk.mp3"),
        ("harmless\u202e3pm.exe", "harmless3pm.exe"),
        ("two\r\nSet-Cookie: x", "two Set-Cookie: x"),
        ("", "recording"),
        ("...", "recording"),
    ],
)
def test_a_hostile_file_name_is_kept_as_plain_text(typed: str, kept: str) -> None:
    assert fields.file_name(typed) == kept


def test_no_file_name_becomes_part_of_a_key(session: Session, backends: Backends) -> None:
    upload = begin(session, backends, replace(ASKED, file_name="../../" + hashlib.sha256().hexdigest()))

    recording, _ = uploads.complete(session, upload, whose(session, upload), WHEN)

    assert recording.key == f"recordings/{recording.id}/source"


def test_a_file_name_becomes_a_first_title() -> None:
    assert uploads.title_from("ward_round-3.mp3") == "Ward round 3"
