"""What a recording says in its tags goes nowhere; what we write into ours comes back as text (T9, T38)."""

from pathlib import Path
from typing import Any

import mutagen.id3
import mutagen.mp3
import mutagen.oggvorbis
import pytest

from app.audio.master import master
from app.audio.probe import inspect
from app.audio.tags import Tags, write_tags
from tests.audio.sounds import convert, make_voice, write_wav
from tests.threats.payloads import PAYLOADS, carried, squeezed, typed

ID3: Any = mutagen.id3.ID3  # mutagen says nothing of its types
KNOWN: Any = mutagen.id3


def _plain(payload: str) -> str:
    """As a file can hold it: no halves of pairs."""
    return typed(payload, "q99x00q").encode("utf-8", "replace").decode()


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a voice."""
    return write_wav(tmp_path_factory.mktemp("voice") / "voice.wav", make_voice(2.0))


def _mp3_with_tags(voice: Path, folder: Path) -> Path:
    """Every payload as title, comment, text of its own, chapter and link of an MP3."""
    path = convert(voice, folder / "tagged.mp3")
    tags = ID3()
    texts = [_plain(payload) for payload in PAYLOADS]
    tags.add(KNOWN.TIT2(encoding=3, text=texts))
    for number, text in enumerate(texts):
        tags.add(KNOWN.TXXX(encoding=3, desc=f"{number}{text}", text=text))
        tags.add(KNOWN.COMM(encoding=3, lang="eng", desc=str(number), text=text))
        title = KNOWN.TIT2(encoding=3, text=text)
        tags.add(
            KNOWN.CHAP(element_id=str(number), start_time=number, end_time=number + 1, sub_frames=[title])
        )
    tags.save(path)
    return path


def _ogg_with_tags(voice: Path, folder: Path) -> Path:
    """Every payload as a comment of an Ogg Vorbis."""
    path = convert(voice, folder / "tagged.ogg", "-c:a", "libvorbis")
    file: Any = mutagen.oggvorbis.OggVorbis(path)
    file["title"] = file["description"] = file["chapter001name"] = [_plain(payload) for payload in PAYLOADS]
    file.save()
    return path


@pytest.mark.parametrize("make", [_mp3_with_tags, _ogg_with_tags])
def test_nothing_that_a_file_says_of_itself_is_taken_over(make: Any, voice: Path, tmp_path: Path) -> None:
    source = make(voice, tmp_path)
    folder = tmp_path / "made"
    folder.mkdir()
    assert b"q99x00q" in source.read_bytes()

    inspection = inspect(source)
    mastered = master(source, inspection, folder)

    assert "q99x00q" not in repr(inspection)
    assert "q99x00q" not in repr(mastered)
    assert [
        path.name for path in folder.rglob("*") if path.is_file() and b"q99x00q" in path.read_bytes()
    ] == []


def test_what_we_write_into_a_file_is_read_as_it_was_typed(voice: Path, tmp_path: Path) -> None:
    path = convert(voice, tmp_path / "ours.mp3", "-id3v2_version", "0")
    for payload in PAYLOADS:
        text = carried(typed(payload, "q99x00q"))
        write_tags(path, Tags(title=text, show=text, duration_ms=2000, author=text, chapters=((0, text),)))

        tags = ID3(path)
        chapter = tags.getall("CHAP")[0].sub_frames["TIT2"]
        said = [tags[frame].text[0] for frame in ("TIT2", "TALB", "TPE1")] + [chapter.text[0]]
        assert [squeezed(one) for one in said] == [text] * 4, payload
        assert {frame[:4] for frame in tags} <= {"TIT2", "TALB", "TPE1", "CHAP", "CTOC", "TCON"}, payload
