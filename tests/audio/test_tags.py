"""Tags as another reader sees them, and sound that stays as it was."""

from pathlib import Path
from typing import Any

import mutagen
import mutagen.id3
import pytest

from app.audio.tags import Tags, write_tags
from tests.audio.sounds import decode, generate

ID3: Any = mutagen.id3.ID3  # mutagen says nothing of its types
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"
TAGS = Tags(
    title="Handover at night – 第一",
    show="Learning rounds",
    duration_ms=3000,
    artwork_jpeg=JPEG,
    chapters=((0, "Welcome"), (1500, "What we saw")),
    language="en-GB",
    date="2026-11-02",
)


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    return generate("sine=d=3", tmp_path / "x.mp3", "-id3v2_version", "0", "-b:a", "64k")


def test_a_player_finds_title_show_picture_and_chapters(mp3: Path) -> None:
    write_tags(mp3, TAGS)

    tags = ID3(mp3)
    assert mp3.read_bytes()[:5] == b"ID3\x03\x00"
    assert tags["TIT2"].text == ["Handover at night – 第一"]
    assert tags["TALB"].text == ["Learning rounds"]
    assert tags["TLAN"].text == ["eng"]
    assert str(tags["TDRC"].text[0]) == "2026-11-02"
    assert tags.getall("APIC")[0].data == JPEG
    chapters = [(c.start_time, c.end_time, str(c.sub_frames["TIT2"])) for c in tags.getall("CHAP")]
    assert sorted(chapters) == [(0, 1500, "Welcome"), (1500, 3000, "What we saw")]
    assert tags.getall("CTOC")[0].child_element_ids == ["chp0", "chp1"]


def test_the_sound_and_its_gap_header_stay_byte_for_byte(mp3: Path) -> None:
    sound, samples = mp3.read_bytes(), len(decode(mp3))

    write_tags(mp3, TAGS)

    assert mp3.read_bytes().endswith(sound)
    assert len(decode(mp3)) == samples


def test_tagging_twice_leaves_only_the_last_tags_and_the_same_bytes(mp3: Path) -> None:
    write_tags(mp3, TAGS)
    first = mp3.read_bytes()

    write_tags(mp3, Tags(title="Other", show="Other", duration_ms=3000))
    without = ID3(mp3)
    write_tags(mp3, TAGS)

    assert without.getall("CHAP") + without.getall("APIC") == []
    assert first == mp3.read_bytes()


def test_a_language_without_a_code_is_left_out(mp3: Path) -> None:
    write_tags(mp3, Tags(title="T", show="S", duration_ms=3000, language="tlh"))

    assert ID3(mp3).getall("TLAN") == []


def test_no_half_written_copy_stays(mp3: Path) -> None:
    write_tags(mp3, TAGS)
    with pytest.raises(mutagen.MutagenError):
        write_tags(mp3, Tags(title="\ud800", show="S", duration_ms=3000))

    assert [path.name for path in mp3.parent.iterdir()] == ["x.mp3"]


@pytest.mark.parametrize("count", [254, 255, 256, 300])
def test_as_many_chapters_are_written_as_a_table_of_contents_can_count(count: int, mp3: Path) -> None:
    chapters = tuple((number * 10, f"Part {number}") for number in range(count))
    write_tags(mp3, Tags(title="T", show="S", duration_ms=3000, chapters=chapters))

    tags = ID3(mp3)
    written = min(count, 255)
    ends = {frame.element_id: frame.end_time for frame in tags.getall("CHAP")}
    assert len(ends) == written
    assert tags.getall("CTOC")[0].child_element_ids == [f"chp{number}" for number in range(written)]
    assert ends[f"chp{written - 1}"] == (3000 if count <= 255 else 2550)
