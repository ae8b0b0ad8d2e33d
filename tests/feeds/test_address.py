import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.address import is_public, web_address


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/",
        "https://example.org",
        "http://127.0.0.1:8000/feed.xml",
        "http://[::1]:8000/feed.xml",
        "HTTPS://Example.org/Path?q=a+b&c=%20#t=83",
        "https://example.org/?",
        "https://a_b.example.org/~x/(y);z=1,2",
    ],
)
def test_a_right_address_comes_back_unchanged(address: str) -> None:
    assert web_address(address) == address


@pytest.mark.parametrize(
    ("typed", "escaped"),
    [
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("https://example.org/café?ü=1#ö", "https://example.org/caf%C3%A9?%C3%BC=1#%C3%B6"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://bücher.example:8443/ä", "https://xn--bcher-kva.example:8443/%C3%A4"),
    ],
)
def test_what_people_type_is_escaped(typed: str, escaped: str) -> None:
    assert web_address(typed) == escaped


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "JavaScript://example.org/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:us@example.org",
        "//example.org/",
        "/path",
        "example.org",
        "https://",
        "https:///path",
        "https://user:password@example.org/",
        "https://user@example.org/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://example.org:0/",
        "https://[::1/",
        "https://example..org/",
        "https://example.org\\@evil.example/",
        "java\nscript:alert(1)",
        "https://exa\nmple.org/",
        "https://example.org/\x00",
        "https://example.org/\ud800",
        "https://exam ple.org/",
        "https://%65xample.org/",
    ],
)
def test_anything_else_is_no_web_address(address: str) -> None:
    assert web_address(address) is None


@settings(deadline=None, max_examples=300)
@given(
    st.text(st.characters(), max_size=40)
    | st.builds("https://{}".format, st.text(st.characters(), max_size=40))
    | st.builds("https://example.org/{}".format, st.text(st.characters(), max_size=40))
)
def test_what_passes_is_plain_and_passes_again_unchanged(text: str) -> None:
    address = web_address(text)

    if address is not None:
        assert all(0x21 <= ord(character) <= 0x7E and character not in '"<>\\^`{|}' for character in address)
        assert web_address(address) == address


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://podcasts.example.org/feed.xml", True),
        ("http://podcasts.example.org:8080/", True),
        ("https://9.9.9.9/", True),
        ("https://[2620:fe::fe]/", True),
        ("http://127.0.0.1:8000/", False),
        ("http://localhost/", False),
        ("http://[::1]/", False),
        ("http://10.1.2.3/", False),
        ("http://192.168.1.9/", False),
        ("http://169.254.1.1/", False),
        ("http://intranet/", False),
        ("http://nas.local/", False),
        ("http://nas.local./", False),
        ("http://box.home.arpa/", False),
        ("nothing", False),
    ],
)
def test_an_address_that_only_neighbours_can_reach_is_not_public(address: str, told: bool) -> None:
    assert is_public(address) is told
