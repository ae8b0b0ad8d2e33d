"""Keys: nothing that a person typed becomes one, and none reaches into another's place."""

import re
from pathlib import PurePosixPath
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.storage.errors import KeyRefused
from app.storage.keys import (
    KINDS,
    artwork_key,
    checked_key,
    checked_prefix,
    enclosure_key,
    media_type,
    recording_key,
    transcript_key,
    upload_key,
)

OWNER = UUID("5a0b7c1e-0000-4000-8000-000000000001")
SHA256 = "0123456789abcdef" * 4

uuids = st.uuids()
names = st.from_regex(r"[a-z0-9]{1,12}([.-][a-z0-9]{1,8}){0,3}", fullmatch=True)


def test_keys_say_kind_owner_and_content() -> None:
    assert upload_key(OWNER) == f"uploads/{OWNER}"
    assert recording_key(OWNER) == f"recordings/{OWNER}/source"
    assert recording_key(OWNER, "speech.wav") == f"recordings/{OWNER}/speech.wav"
    assert enclosure_key(OWNER, SHA256) == f"enclosures/{OWNER}/0123456789ab.mp3"
    assert artwork_key(OWNER, SHA256, 1400) == f"artwork/{OWNER}/0123456789ab-1400.jpg"
    assert transcript_key(OWNER, SHA256, "vtt") == f"transcripts/{OWNER}/0123456789ab.vtt"


@given(st.text())
@example("../../etc/x")
@example("..\\x")
@example("/etc/passwd")
@example("a\0b")
@example("CON")
@example("trailing.")
@example("a" * 300)
@example("source\n")
@example("Ｓource")
@example("ſource")
@example("a..b")
@example(".hidden")
def test_hostile_names_never_become_keys(name: str) -> None:
    for made in (name, f"uploads/{name}", f"recordings/{OWNER}/{name}", f"recordings/{name}/source"):
        try:
            key = checked_key(made)
        except KeyRefused:
            continue
        assert re.fullmatch(r"[a-z]+/[0-9a-f-]{36}(/[a-z0-9.-]{1,80})?", key)
        assert ".." not in key
        assert not {"", ".", ".."} & set(PurePosixPath(key).parts)


@given(st.text())
def test_a_refused_key_is_safe_to_log(name: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        checked_key(f"nowhere/{name}")

    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1200


@given(st.text())
def test_hostile_prefixes_list_nothing(prefix: str) -> None:
    try:
        checked = checked_prefix(prefix)
    except KeyRefused:
        return
    assert checked in {"", *KINDS} or re.fullmatch(r"[a-z]+/[0-9a-f-]{36}", checked)


@given(st.text(alphabet="0123456789abcdefABCDEF./-", max_size=70))
def test_only_a_whole_hash_names_content(sha256_hex: str) -> None:
    if re.fullmatch("[0-9a-f]{64}", sha256_hex):
        return
    with pytest.raises(KeyRefused):
        enclosure_key(OWNER, sha256_hex)


@given(st.sampled_from(KINDS), uuids, uuids, names, names)
def test_no_owners_prefix_reaches_another_owner(
    kind: str, one: UUID, other: UUID, one_name: str, other_name: str
) -> None:
    keys = [
        upload_key(owner) if kind == "uploads" else checked_key(f"{kind}/{owner}/{name}")
        for owner, name in ((one, one_name), (other, other_name))
    ]
    below = f"{checked_prefix(f'{kind}/{one}')}/"

    assert keys[1].startswith(below) == (one == other and kind != "uploads")
    assert not keys[1].startswith(f"{keys[0]}/"), "an object would have to be a folder"


@given(uuids, st.text(alphabet="0123456789abcdef-", min_size=1, max_size=4))
def test_a_longer_or_shorter_owner_is_refused(owner: UUID, more: str) -> None:
    for sibling in (f"{owner}{more}", str(owner)[: -len(more)]):
        with pytest.raises(KeyRefused):
            checked_key(f"recordings/{sibling}/source")
        with pytest.raises(KeyRefused):
            checked_prefix(f"recordings/{sibling}")


@given(uuids, names)
def test_no_key_is_served_as_something_a_browser_runs(owner: UUID, name: str) -> None:
    for ending in ("", ".html", ".svg", ".js", ".xml", ".htm"):
        kind = media_type(recording_key(owner, f"{name[:60]}{ending}"))
        assert not re.search(r"html|svg|script|xml", kind)
