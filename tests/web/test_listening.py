"""What counts as a listener's request, what does not, and that nobody can be found in it."""

import logging
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.backends import Backends
from app.counting import spool
from app.counting.counter import MOST_TOLD
from app.counting.lines import Line
from app.db import Base
from app.log import make_formatter
from app.models import DayCount, Episode, EpisodeState, FormerEnclosure, Listening
from app.pipeline.listening import count_listeners
from app.services import draft_links
from app.services.counting import Asked, asked_of
from app.web.own_look import fetch_here
from tests.factories import (
    WHEN,
    make_account,
    make_enclosure,
    make_episode,
    make_published,
    make_recording,
    make_transcript,
)
from tests.fakes import SetClock

SOUND = bytes(1000)
APP = {"User-Agent": "AntennaPod/3.4.0"}


@pytest.fixture
def episode(session: Session, backends: Backends) -> Episode:
    """A second of sound, of which all is needed."""
    made = make_published(session, sound=SOUND)
    session.refresh(made)
    assert made.enclosure is not None
    assert made.show.slug  # read now: nothing stays open
    backends.store.put_bytes(made.enclosure.key, SOUND)
    session.commit()
    return made


def sound_of(episode: Episode) -> str:
    assert episode.enclosure is not None
    return f"/media/{episode.guid}/{episode.enclosure.sha256[:12]}.mp3"


def lines(backends: Backends) -> list[Line]:
    folder = backends.settings.data / "counting"
    return [line for path in spool.files(folder) for line in spool.read(path, 0)[0]]


def asked(backends: Backends) -> list[tuple[Listening, int]]:
    return [(line.kind, line.asked_bytes) for line in lines(backends)]


def figures(backends: Backends) -> dict[Listening, int]:
    count_listeners(backends)
    with backends.database.reading() as session:
        rows = session.execute(sa.select(DayCount.kind, sa.func.sum(DayCount.count)).group_by(DayCount.kind))
        return {kind: count for kind, count in rows}


def test_a_whole_and_a_range_are_what_was_asked_for(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    client.get(sound_of(episode), headers=APP)
    client.get(sound_of(episode), headers={**APP, "Range": "bytes=100-299"})
    client.get(sound_of(episode), headers={**APP, "Range": "bytes=-10"})
    client.get(sound_of(episode), headers={**APP, "Range": "bytes=5-2"})  # malformed: the whole
    client.get(sound_of(episode) + "?download=1", headers=APP)
    whole = (Listening.download, 1000)

    assert asked(backends) == [whole, (Listening.download, 200), (Listening.download, 10), whole, whole]
    assert {line.enough_bytes for line in lines(backends)} == {1000}
    assert figures(backends) == {Listening.download: 1}


def test_what_is_no_download_leaves_no_line(
    client: FlaskClient, session: Session, episode: Episode, backends: Backends
) -> None:
    session.add(FormerEnclosure(episode_id=episode.id, sha256="f" * 64, key="", replaced_at=WHEN))
    session.commit()
    here = sound_of(episode)
    etag = client.head(here, headers=APP).headers["ETag"]
    page = f"{backends.settings.public_url}/shows/{episode.show.slug}/{episode.slug}"
    player = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "audio"}
    tried = [
        client.head(here, headers=APP),
        client.get(here, headers={**APP, "If-None-Match": etag}),
        client.get(here, headers={**APP, "If-Match": '"other"'}),
        client.get(here, headers={**APP, "Range": "bytes=1000-"}),
        client.get(here, headers={**APP, "Range": "bytes=0-1"}),
        client.get(here, headers={**APP, "Range": "bytes=0-0"}),
        client.get(f"/media/{episode.guid}/{'f' * 12}.mp3", headers=APP),
        client.get(f"/media/{episode.guid}/{'0' * 12}.mp3", headers=APP),
        client.get(here, headers={**APP, **player, "Range": "bytes=0-"}),
        client.get(here, headers={**APP, "Referer": page}),
        client.get(here + "?frame=1", headers={**APP, "Sec-Fetch-Site": "cross-site"}),
        client.get(here, headers={**APP, "Sec-Purpose": "prefetch;prerender"}),
        client.get(here, headers={**APP, "Purpose": "prefetch"}),
        client.get(here, headers={**APP, "DNT": "1"}),
        client.get(here, headers={**APP, "Sec-GPC": "1"}),
    ]

    statuses = [200, 304, 412, 416, 206, 206, 302, 404, 206, 200, 200, 200, 200, 200, 200]
    assert [answer.status_code for answer in tried] == statuses
    assert lines(backends) == []


def test_what_the_service_asks_of_itself_counts_for_nobody(
    app: Flask, episode: Episode, backends: Backends
) -> None:
    here = backends.settings.public_url
    ask = fetch_here(app, here)
    for path in (sound_of(episode), f"/transcripts/{episode.guid}.vtt"):
        assert ask("GET", here + path, APP).status == 200

    assert lines(backends) == []


def test_players_elsewhere_and_downloads_from_the_page_are_downloads(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    page = f"{backends.settings.public_url}/shows/{episode.show.slug}/{episode.slug}"
    client.get(sound_of(episode), headers={**APP, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "audio"})
    client.get(sound_of(episode), headers={**APP, "Referer": "https://elsewhere.example/"})
    client.get(sound_of(episode) + "?download=1", headers={**APP, "Referer": page})

    assert len(lines(backends)) == 3


def test_software_is_marked_and_counted_apart(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    client.get(sound_of(episode), headers={"User-Agent": "Googlebot/2.1"})
    client.get(sound_of(episode), headers={"User-Agent": ""})

    assert [line.is_software for line in lines(backends)] == [True, True]
    assert figures(backends) == {Listening.software: 2}


def test_transcripts_that_are_taken_along_are_reads(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    for ending in ("vtt", "srt", "txt", "json", "html"):
        etag = client.get(f"/transcripts/{episode.guid}.{ending}", headers=APP).headers["ETag"]
        client.get(f"/transcripts/{episode.guid}.{ending}", headers={**APP, "If-None-Match": etag})
        client.head(f"/transcripts/{episode.guid}.{ending}", headers=APP)
    client.get(f"/transcripts/{episode.guid}.pdf", headers=APP)
    client.get(f"/transcripts/{episode.guid}.vtt", headers={**APP, "Sec-GPC": "1"})

    assert asked(backends) == [(Listening.read, 1)] * 5
    assert figures(backends) == {Listening.read: 1}


def test_a_page_tells_of_a_play_and_a_read_without_cookie_or_token(
    app: Flask, client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    for kind in ("play", "read", "play"):
        answer = client.post(f"/listening/{episode.guid}/{kind}", headers=APP)
        assert (answer.status_code, answer.data) == (204, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers

    assert [kind for kind, _ in asked(backends)] == [Listening.play, Listening.read, Listening.play]
    assert figures(backends) == {Listening.play: 1, Listening.read: 1}


def test_a_page_that_asks_not_to_be_followed_or_is_not_ours_tells_in_vain(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    for said in ({"DNT": "1"}, {"Sec-GPC": "1"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(f"/listening/{episode.guid}/play", headers={**APP, **said})
        assert answer.status_code == 204
    client.post(f"/listening/{episode.guid}/play", headers={**APP, "Sec-Fetch-Site": "same-origin"})

    assert len(lines(backends)) == 1


def test_one_who_tells_without_end_fills_no_disk(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    statuses = {
        client.post(f"/listening/{episode.guid}/play", headers=APP).status_code for _ in range(MOST_TOLD + 20)
    }

    assert statuses == {204}
    assert len(lines(backends)) == MOST_TOLD


def test_only_of_public_episodes_can_be_told(
    client: FlaskClient, session: Session, episode: Episode, backends: Backends
) -> None:
    draft = make_episode(session)
    gone = make_published(session, state=EpisodeState.withdrawn)
    gone.state = EpisodeState.withdrawn
    session.commit()
    asked_for = {
        f"/listening/{draft.guid}/play": 404,
        f"/listening/{gone.guid}/play": 410,
        f"/listening/{'0' * 8}-0000-4000-8000-{'0' * 12}/play": 404,
        f"/listening/{episode.guid}/download": 404,
        f"/listening/{episode.guid}/software": 404,
    }

    assert {path: client.post(path, headers=APP).status_code for path in asked_for} == asked_for
    assert client.get(f"/listening/{episode.guid}/play").status_code == 405
    assert lines(backends) == []


def test_telling_waits_for_no_writer(client: FlaskClient, episode: Episode, backends: Backends) -> None:
    with backends.database.session() as writing:
        writing.execute(sa.text("SELECT 1"))  # the one writer of SQLite

        assert client.post(f"/listening/{episode.guid}/play", headers=APP).status_code == 204


def test_the_public_page_says_where_to_tell_and_a_draft_does_not(
    client: FlaskClient, session: Session, episode: Episode
) -> None:
    draft = make_episode(session)
    make_transcript(session, make_recording(session, draft))
    _, token = draft_links.make(session, draft, make_account(session), WHEN)
    session.commit()
    page = client.get(f"/shows/{episode.show.slug}/{episode.slug}").text
    drafted = client.get(f"/draft/{token}").text

    assert f'data-tell-play="/listening/{episode.guid}/play"' in page
    assert f'data-tell-read="/listening/{episode.guid}/read"' in page
    assert "data-transcript" in drafted
    assert "data-tell" not in drafted


def test_a_listener_is_served_when_nothing_can_be_counted(
    client: FlaskClient, episode: Episode, backends: Backends
) -> None:
    folder = backends.settings.data / "counting"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")

    assert client.get(sound_of(episode), headers=APP).data == SOUND
    assert client.get(f"/transcripts/{episode.guid}.vtt", headers=APP).status_code == 200
    assert client.post(f"/listening/{episode.guid}/play", headers=APP).status_code == 204


def test_tags_before_the_sound_are_no_sound(session: Session) -> None:
    enclosure = make_enclosure(session, make_recording(session, make_episode(session)))
    enclosure.bit_rate_bps, enclosure.duration_ms = 96_000, 600_000
    enclosure.size_bytes = 100_000 + 7_200_000
    minute = 720_000

    assert asked_of(enclosure, 0, enclosure.size_bytes) == Asked(7_200_000, minute)
    assert asked_of(enclosure, 0, 100_000) == Asked(0, minute)
    assert asked_of(enclosure, 50_000, 150_000) == Asked(50_000, minute)
    enclosure.duration_ms, enclosure.size_bytes = 30_000, 100_000 + 360_000
    assert asked_of(enclosure, 0, enclosure.size_bytes) == Asked(360_000, 360_000)
    enclosure.duration_ms = enclosure.bit_rate_bps = 0
    assert asked_of(enclosure, 0, enclosure.size_bytes) == Asked(460_000, 460_000)


def test_a_key_of_yesterday_is_destroyed_when_the_service_starts(backends: Backends) -> None:
    folder = backends.settings.data / "counting"
    folder.mkdir(exist_ok=True)
    (folder / "key-2026-03-01").write_bytes(b"k" * 32)
    create_app(backends=backends)

    assert list(folder.iterdir()) == []


ADDRESSES = ("203.0.113.77", "2001:db8:0:17::77", "198.51.100.23")
CANARY = "AntennaPod/9.9.9 canary-3f9c"


def test_no_address_and_no_name_of_an_app_is_found_anywhere_afterwards(
    app: Flask, client: FlaskClient, episode: Episode, backends: Backends, clock: SetClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Threats, T39."""
    page = f"/shows/{episode.show.slug}/{episode.slug}"
    with caplog.at_level(logging.DEBUG):
        for address in ADDRESSES:
            for path in (
                page,
                sound_of(episode),
                f"/transcripts/{episode.guid}.vtt",
                "/no-such-page",
                "/",
            ):
                client.get(path, headers={"User-Agent": CANARY}, environ_base={"REMOTE_ADDR": address})
            for kind in ("play", "read"):
                client.post(
                    f"/listening/{episode.guid}/{kind}",
                    headers={"User-Agent": CANARY},
                    environ_base={"REMOTE_ADDR": address},
                )
        on_disk = files_of(backends.settings.data)
        assert figures(backends) == {Listening.download: 3, Listening.play: 3, Listening.read: 3}
        on_disk |= files_of(backends.settings.data)
        clock.move(days=2)
        count_listeners(backends)
        on_disk |= {f"{name} later": said for name, said in files_of(backends.settings.data).items()}
    log = "\n".join(make_formatter("text").format(record) for record in caplog.records)
    on_disk["the log"] = log.encode() + "\n".join(str(vars(record)) for record in caplog.records).encode()
    on_disk["the tables"] = "\n".join(everything_in(backends)).encode()

    assert any(name.endswith(".spool") for name in on_disk)
    for wanted in (*ADDRESSES, CANARY, "canary-3f9c"):
        assert [name for name, said in on_disk.items() if wanted.encode() in said] == []


def files_of(data: Path) -> dict[str, bytes]:
    """Every file of the service: database and its log, spool, keys."""
    return {str(path): path.read_bytes() for path in data.rglob("*") if path.is_file()}


def everything_in(backends: Backends) -> list[str]:
    """Every row of every table, ours and others'."""
    with backends.database.reading() as session:
        tables = sa.inspect(session.connection()).get_table_names()
        assert set(Base.metadata.tables) <= set(tables)
        return [str(row) for table in tables for row in session.execute(sa.text(f'SELECT * FROM "{table}"'))]
