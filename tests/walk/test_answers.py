"""The walk sees what is planted: in an answer, and in the rows."""

import pytest
from werkzeug.datastructures import Headers

from tests.walk.answers import faults
from tests.walk.asked import Answer, Asked
from tests.walk.rights import Change, Who, unlawful

ASKED = Asked("producer", "GET", "/studio")
HTML = "text/html; charset=utf-8"
PAGE = '<!doctype html><html lang="en"><head><title>t</title></head><body><p>{}</p></body></html>'
PROTECTED = {"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff"}


def found(body: str = "", kind: str = HTML, status: int = 200, **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Answer(status, Headers({"Content-Type": kind, **PROTECTED, **named}), body.encode())
    return faults(ASKED, answer, {"the key itself": "the secret"}, strictly=True)[0]


def test_a_good_page_has_no_fault() -> None:
    assert found(PAGE.format("Well")) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": PAGE.format("x"), "status": 500}, "answered 500"),
        ({"body": PAGE.format("x"), "status": 503, "Retry_After": "30"}, "answered 503"),
        ({"body": PAGE.format("the key itself")}, "shows the secret"),
        ({"body": PAGE.format("<walk-hit>")}, "what was typed became markup"),
        ({"body": PAGE.format("<svg onload=alert(1)></svg>")}, "what was typed became markup"),
        ({"body": PAGE.format("</i>")}, "HTML: "),
        ({"body": PAGE.format('<a id="x">1</a><a id="x">2</a>')}, "HTML: ID x already defined"),
        ({"body": "{", "kind": "application/json"}, "JSON: "),
        ({"body": "<rss>", "kind": "application/rss+xml"}, "XML: "),
        ({"status": 302, "Location": "//evil.example"}, "leads away"),
        ({"status": 302, "Location": "/\\evil.example"}, "leads away"),
        ({"status": 302, "Location": "http://127.0.0.1:8000.evil.example/"}, "leads away"),
        ({"X_Walk": "hit"}, "a header that was typed"),
        ({"Set_Cookie": "hearth=x; Path=/"}, "a cookie that scripts may read"),
        ({"Content_Security_Policy": ""}, ""),
    ],
)
def test_a_fault_that_is_planted_is_seen(answer: dict[str, str], words: str) -> None:
    if words:
        assert any(told.startswith(words) for told in found(**answer))  # type: ignore[arg-type]
    else:
        bare = Answer(200, Headers({"Content-Type": HTML}), b"")
        assert faults(ASKED, bare, {}, strictly=False)[0] == [f"no {name}" for name in PROTECTED]


ME, US, THEM = "me", "our community", "another community"
WHO = Who(ME, US, {("shows", ("theirs",)): {"community_id": US}})


@pytest.mark.parametrize(
    ("role", "change"),
    [
        ("anonymous", Change("shows", (1,), None, {"community_id": US})),
        ("member", Change("memberships", (1,), {"account_id": ME, "role": 1}, {"account_id": ME, "role": 2})),
        ("member", Change("accounts", (ME,), {"is_owner": False}, {"is_owner": True})),
        ("storyteller", Change("audit_entries", (1,), None, {"account_id": "somebody else"})),
        ("producer", Change("audit_entries", (1,), {"account_id": ME}, None)),
        ("producer", Change("invitations", (1,), None, {"community_id": US})),
        ("producer", Change("shows", (1,), {"title": "a"}, {"title": "b"})),
        ("stranger", Change("shows", ("theirs",), {"revision": 1}, {"revision": 2})),
        ("stranger", Change("episodes", (1,), None, {"show_id": "theirs"})),
        ("facilitator", Change("memberships", (1,), None, {"account_id": ME, "community_id": THEM})),
        ("facilitator", Change("accounts", ("other",), {"active": True}, {"active": False})),
        ("owner", Change("accounts", ("other",), {"is_owner": False}, {"is_owner": True})),
    ],
)
def test_a_change_that_is_not_theirs_is_seen(role: str, change: Change) -> None:
    assert unlawful(role, [change], WHO) == [str(change)]


@pytest.mark.parametrize(
    ("role", "change"),
    [
        ("anonymous", Change("sign_in_attempts", (1,), None, {"at": 1})),
        ("member", Change("memberships", (1,), {"account_id": ME}, None)),
        ("producer", Change("shows", (1,), {"revision": 1}, {"revision": 2})),
        ("stranger", Change("episodes", (1,), None, {"show_id": "my own"})),
        ("facilitator", Change("memberships", (1,), None, {"account_id": "other", "community_id": US})),
        ("owner", Change("accounts", ("other",), {"is_owner": False, "active": 1}, {"is_owner": False})),
    ],
)
def test_a_change_that_is_theirs_is_not_held_against_them(role: str, change: Change) -> None:
    assert unlawful(role, [change], WHO) == []
