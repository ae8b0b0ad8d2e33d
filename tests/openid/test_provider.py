"""What a provider has to prove, and what it may not do to us while it does."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.backends import utc_now
from app.openid import client as calls
from app.openid.errors import AnswerRefused, OpenIdError, ProviderAway
from app.openid.proven import Begun, Proven
from app.openid.provider import Provider
from tests.openid.issuing import (
    CLIENT_ID,
    CLIENT_SECRET,
    Issuer,
    drip,
    huge,
    plain,
    rsa_key,
    serving,
    signed_by,
    signed_by_public_key,
    unsigned,
)

RETURN = "https://podcasts.example.org/sign-in/organisation/return"
Change = Callable[[Issuer], object]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A provider that tells the truth until the test says otherwise."""
    with serving() as issuer:
        yield issuer


@pytest.fixture
def provider(issuer: Issuer) -> Provider:
    """The provider as the service knows it."""
    return provider_of(issuer.address)


def provider_of(address: str, call_s: float = calls.CALL_S) -> Provider:
    return Provider(
        issuer=address,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        return_address=RETURN,
        clock=utc_now,
        call_s=call_s,
    )


def prove(provider: Provider, issuer: Issuer, begun: Begun | None = None, **changed: str) -> Proven:
    """Through the provider and back."""
    begun = begun or provider.begin()
    back = parse_qs(urlsplit(issuer.authorize(begun.address)).query)
    said = {"code": back["code"][0], "nonce": begun.nonce, "verifier": begun.verifier} | changed
    return provider.prove(**said)


def test_an_honest_provider_proves_somebody(provider: Provider, issuer: Issuer) -> None:
    begun = provider.begin()
    asked = parse_qs(urlsplit(begun.address).query)

    assert prove(provider, issuer, begun) == Proven(
        issuer.address, "subject-1", "ada@example.org", "Ada at the provider"
    )
    assert begun.address.startswith(f"{issuer.address}/authorize?")
    assert {
        "redirect_uri": [RETURN],
        "response_type": ["code"],
        "code_challenge_method": ["S256"],
    }.items() <= (asked.items())
    assert len({begun.state, begun.nonce, begun.verifier}) == 3
    assert begun.verifier not in begun.address


def test_every_sign_in_has_its_own_words(provider: Provider) -> None:
    one, two = provider.begin(), provider.begin()

    assert {one.state, one.nonce, one.verifier}.isdisjoint({two.state, two.nonce, two.verifier})


def test_nothing_is_asked_of_a_provider_before_it_is_needed(provider: Provider, issuer: Issuer) -> None:
    assert issuer.asked == []

    provider.begin()
    provider.begin()

    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def claims(**said: Any) -> Change:
    """The ID token says this instead."""
    return lambda issuer: issuer.claims.update(said)


def says(**said: Any) -> Change:
    """The metadata say this instead."""
    return lambda issuer: issuer.metadata.update(said)


def with_sign(sign: Callable[[dict[str, Any]], str]) -> Change:
    """The ID token is made like this."""
    return lambda issuer: setattr(issuer, "sign", sign)


def instead(path: str, answer: Any) -> Change:
    """Something else is answered."""
    return lambda issuer: issuer.instead.update({path: answer})


LIES: dict[str, Change] = {
    "another nonce": claims(nonce="another"),
    "no nonce": claims(nonce=None),
    "a nonce that is no text": claims(nonce=["x"]),
    "another audience": claims(aud="somebody else"),
    "another audience, made for us": claims(aud="somebody else", azp=CLIENT_ID),
    "no audience": claims(aud=None),
    "two audiences without azp": claims(aud=[CLIENT_ID, "other"]),
    "azp of another": claims(azp="other"),
    "two audiences and azp of another": claims(aud=[CLIENT_ID, "other"], azp="other"),
    "another issuer": claims(iss="https://evil.example"),
    "an issuer with a slash more": lambda issuer: issuer.claims.update(iss=issuer.address + "/"),
    "no issuer": claims(iss=None),
    "expired": claims(exp=int(time.time()) - 600),
    "no end": claims(exp=None),
    "an end that is no number": claims(exp="tomorrow"),
    "an end that never comes": claims(exp=float("inf")),
    "from the future": claims(iat=int(time.time()) + 3600),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is no text": claims(sub=7),
    "a long subject": claims(sub="s" * 256),
    "a subject with a NUL": claims(sub="a\0b"),
    "another access token": claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "no signature": with_sign(unsigned),
    "the public key as a secret": with_sign(signed_by_public_key),
    "a key that is not published": with_sign(signed_by("two")),
    "a key of that name, but not that key": lambda issuer: setattr(
        issuer,
        "sign",
        lambda said: signed_by("two")(said).replace(
            signed_by("two")(said).split(".")[0], signed_by("one")(said).split(".")[0]
        ),
    ),
    "no token": with_sign(lambda _: ""),
    "three dots": with_sign(lambda _: "..."),
    "a token that is no text": lambda issuer: setattr(issuer, "sign", lambda _: ["x"]),
    "a token too large": with_sign(lambda said: signed_by("one")(said | {"more": "x" * 150_000})),
    "brackets for ever": instead("/token", plain(200, b"[" * 200_000)),
    "no JSON": instead("/token", plain(200, b"<script>alert(1)</script>")),
    "a list": instead("/token", plain(200, b"[]")),
    "another name for itself": says(issuer="https://evil.example"),
    "an address without TLS": says(token_endpoint="http://192.0.2.1/token"),
    "an address that is no address": says(token_endpoint="file:///etc/passwd"),
    "an address with a line break": says(authorization_endpoint="https://a.example/\r\nx: y"),
    "an address in brackets": says(jwks_uri="https://[evil"),
    "no address": says(jwks_uri=None),
    "no way to say who we are": says(token_endpoint_auth_methods_supported=["private_key_jwt"]),
    "keys of another kind": instead("/keys", plain(200, b'{"keys": [{"kty": "oct", "k": "eA"}, 7, {}]}')),
    "a key that is too short": instead(
        "/keys", plain(200, b'{"keys": [{"kty": "RSA", "n": "sXch", "e": "AQAB"}]}')
    ),
    "keys that are no list": instead("/keys", plain(200, b'{"keys": {}}')),
    "userinfo about somebody else": lambda issuer: (
        setattr(issuer, "in_token", False),
        issuer.userinfo.update(sub="subject-2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_proves_nobody(provider: Provider, issuer: Issuer, lie: str) -> None:
    LIES[lie](issuer)

    with pytest.raises(AnswerRefused) as refused:
        prove(provider, issuer)
    assert "script" not in refused.value.about


@pytest.mark.parametrize("verified", [False, None, "true", 1, "yes"])
def test_an_address_that_is_not_vouched_for_is_none(
    provider: Provider, issuer: Issuer, verified: object
) -> None:
    issuer.email_verified = verified

    assert prove(provider, issuer).email == ""


@pytest.mark.parametrize("email", [None, 7, ["ada@example.org"], "a" * 300])
def test_an_address_that_is_no_text_is_none(provider: Provider, issuer: Issuer, email: Any) -> None:
    issuer.email = email

    assert prove(provider, issuer).email == ""


def test_what_the_token_does_not_say_is_asked_for(provider: Provider, issuer: Issuer) -> None:
    issuer.in_token = False

    assert prove(provider, issuer).email == "ada@example.org"
    assert issuer.asked[-1] == "/userinfo"


def test_new_keys_are_fetched_once(provider: Provider, issuer: Issuer) -> None:
    begun = provider.begin()
    issuer.published, issuer.sign = [rsa_key("two")], signed_by("two")

    assert prove(provider, issuer, begun).subject == "subject-1"
    assert issuer.asked.count("/keys") == 2


def test_a_code_works_once_and_with_its_own_verifier(provider: Provider, issuer: Issuer) -> None:
    begun = provider.begin()
    prove(provider, issuer, begun)

    for changed in ({"code": "code-0"}, {"verifier": provider.begin().verifier}):
        with pytest.raises(AnswerRefused, match="refused by the provider"):
            prove(provider, issuer, begun, **changed)


def test_an_answer_of_another_issuer_is_refused(provider: Provider, issuer: Issuer) -> None:
    issuer.metadata["authorization_response_iss_parameter_supported"] = True

    for answered_by in ({"answered_by": "https://evil.example"}, {}):
        with pytest.raises(AnswerRefused, match="another issuer"):
            prove(provider, issuer, None, **answered_by)
    assert prove(provider, issuer, None, answered_by=issuer.address).subject == "subject-1"


def test_the_secret_goes_the_way_that_the_provider_takes(provider: Provider, issuer: Issuer) -> None:
    issuer.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    seen: list[dict[str, str]] = []
    honest = issuer.token
    issuer.token = lambda said: (seen.append(said), honest(said))[1]  # type: ignore[method-assign]

    prove(provider, issuer)

    assert seen[0]["client_secret"] == CLIENT_SECRET


AWAY: dict[str, Any] = {
    "an error": plain(500, b"<h1>no</h1>"),
    "another place": plain(302, b"", Location="http://127.0.0.1:1/"),
    "an answer without end": huge,
    "a packed answer": plain(200, b"x", Content_Encoding="gzip"),
    "nothing": lambda _handler: None,
    "what is no answer": lambda handler: handler.wfile.write(b"\0\0\0\0\r\n\r\n"),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
@pytest.mark.parametrize("what", AWAY)
def test_a_provider_that_is_broken_is_away(provider: Provider, issuer: Issuer, what: str, path: str) -> None:
    issuer.instead[path] = AWAY[what]

    with pytest.raises(OpenIdError):
        prove(provider, issuer)


def test_a_provider_that_is_not_there_is_away() -> None:
    with serving() as gone:
        address = gone.address

    with pytest.raises(ProviderAway):
        provider_of(address).begin()


def test_a_provider_that_drips_is_cut_off(issuer: Issuer) -> None:
    """Each packet comes in time; all of them together never would."""
    found: list[OpenIdError] = []

    def ask(path: str) -> None:
        try:
            provider_of(f"{issuer.address}{path}", call_s=1).begin()
        except OpenIdError as error:
            found.append(error)

    threads = []
    for where in ("head", "body"):
        issuer.instead[f"/{where}/.well-known/openid-configuration"] = drip(where)
        threads.append(threading.Thread(target=ask, args=(f"/{where}",)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert [type(error) for error in found] == [ProviderAway, ProviderAway]


def test_a_provider_that_hangs_takes_only_some_threads(issuer: Issuer, provider: Provider) -> None:
    go_on, busy = threading.Event(), threading.Barrier(calls.AT_ONCE + 1)

    def hang(handler: Any) -> None:
        busy.wait(timeout=30)
        go_on.wait(timeout=30)
        plain(503, b"")(handler)

    def ask() -> None:
        with pytest.raises(ProviderAway):
            provider.begin()

    issuer.instead["/.well-known/openid-configuration"] = hang
    threads = [threading.Thread(target=ask) for _ in range(calls.AT_ONCE)]
    for thread in threads:
        thread.start()
    busy.wait(timeout=30)

    with pytest.raises(ProviderAway, match="too many"):
        provider.begin()

    go_on.set()
    for thread in threads:
        thread.join(timeout=30)
    issuer.instead.clear()
    assert provider.begin().state
