"""Addresses of parts: nobody without the secret can make one or change one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.addresses import PartAddress, opened, sealed
from app.storage.errors import PartAddressExpired, PartAddressForged

ADDRESS = PartAddress(
    "uploads/5a0b7c1e-0000-4000-8000-000000000001", "an upload", 7, 8_388_608, "0f" * 32, 1000.5
)
SECRET = b"only for tests"
TOKEN = sealed(ADDRESS, SECRET)


def test_an_address_comes_back_as_it_was_sealed() -> None:
    assert opened(TOKEN, SECRET, 1000) == ADDRESS


def test_a_token_needs_no_escaping_in_an_address() -> None:
    assert set(TOKEN) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(TOKEN) < 500


@pytest.mark.parametrize("now_s", [1000.5, 1001, 10**12])
def test_an_address_expires(now_s: float) -> None:
    with pytest.raises(PartAddressExpired):
        opened(TOKEN, SECRET, now_s)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(PartAddressForged):
        opened(TOKEN, b"another", 0)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_letter_of_a_token_can_be_changed(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(PartAddressForged):
        opened(changed, SECRET, 0)


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(PartAddressForged):
        opened(text, SECRET, 0)


@given(st.integers(1, len(TOKEN)))
def test_no_beginning_or_continuation_of_a_token_is_one(length: int) -> None:
    for changed in (TOKEN[:-length], TOKEN[length:], TOKEN + TOKEN[:length], TOKEN + "=" * length):
        with pytest.raises(PartAddressForged):
            opened(changed, SECRET, 0)
