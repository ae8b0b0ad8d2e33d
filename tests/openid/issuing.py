"""A provider of OpenID Connect that lies as a test wants it to: a real server on loopback, with own keys."""

import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey
from joserfc.util import json_b64encode, urlsafe_b64encode

CLIENT_ID, CLIENT_SECRET = "hearth", "the client's secret"


@cache
def rsa_key(kid: str) -> RSAKey:
    """A key pair, made once a run."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class Issuer:
    """What the provider says. By default the truth; a test changes it before it asks."""

    address: str = ""
    #: Who is signed in there.
    subject: str = "subject-1"
    email: str = "ada@example.org"
    email_verified: object = True
    name: str = "Ada at the provider"
    #: Over the claims of the ID token; a value of None leaves the claim out.
    claims: dict[str, Any] = field(default_factory=dict)
    #: Over the metadata.
    metadata: dict[str, Any] = field(default_factory=dict)
    #: Whether the ID token says who it is, or only the userinfo endpoint.
    in_token: bool = True
    userinfo: dict[str, Any] = field(default_factory=dict)
    published: list[RSAKey] = field(default_factory=lambda: [rsa_key("one")])
    #: Makes the ID token of its claims.
    sign: "Callable[[dict[str, Any]], str]" = field(default_factory=lambda: signed_by("one"))
    #: Instead of an answer, by path.
    instead: "dict[str, Callable[[BaseHTTPRequestHandler], None]]" = field(default_factory=dict)
    #: Paths that were asked for.
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    #: Whether a code works only once.
    forgets: bool = True

    def authorize(self, address: str) -> str:
        """What the provider does with a browser that comes by this address: where it sends it back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{next(self.numbers)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, said: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to a code: checked as a careful provider does."""
        asked = self.codes.pop(said["code"], None) if self.forgets else self.codes.get(said["code"])
        if asked is None or create_s256_code_challenge(said["code_verifier"]) != asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "<script>alert(1)</script>"}
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.address,
            "sub": self.subject,
            "aud": asked["client_id"],
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
        }
        claims |= self.about() if self.in_token else {}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return 200, {"access_token": "secret-access", "token_type": "Bearer", "id_token": self.sign(claims)}

    def about(self) -> dict[str, Any]:
        """Who somebody is."""
        return {"email": self.email, "email_verified": self.email_verified, "name": self.name}

    def answer(self, path: str, said: dict[str, str]) -> tuple[int, object]:
        """What is at this path."""
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "userinfo_endpoint": f"{self.address}/userinfo",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            } | self.metadata
        if path == "/keys":
            return 200, KeySet(list(self.published)).as_dict(private=False)
        if path == "/token":
            return self.token(said)
        if path == "/userinfo":
            return 200, {"sub": self.subject, **self.about(), **self.userinfo}
        return 404, {}


def signed_by(kid: str) -> Callable[[dict[str, Any]], str]:
    """An honest signature with this key."""

    def sign(claims: dict[str, Any]) -> str:
        return jws.serialize_compact({"alg": "RS256", "kid": kid}, json.dumps(claims), rsa_key(kid))

    return sign


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says it needs no signature."""
    header = json_b64encode({"alg": "none"}).decode()
    return f"{header}.{json_b64encode(claims).decode()}."


def signed_by_public_key(claims: dict[str, Any]) -> str:
    """HS256, with the public key that everybody has as its secret."""
    parts = [json_b64encode({"alg": "HS256", "kid": "one"}), json_b64encode(claims)]
    secret = rsa_key("one").as_pem(private=False)  # by hand: the library would not
    parts.append(urlsafe_b64encode(hmac.digest(secret, b".".join(parts), "sha256")))
    return b".".join(parts).decode()


def drip(where: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A byte of the answer's head or body now and then, for longer than anybody waits."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        wfile = handler.wfile
        try:
            wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            wfile.write(b"X-Slow: " if where == "head" else b"Content-Length: 100000\r\n\r\n")
            for _ in range(600):
                wfile.write(b"x")
                wfile.flush()
                time.sleep(0.1)
        except OSError:  # whoever asked has gone
            pass

    return answer


def huge(handler: BaseHTTPRequestHandler) -> None:
    """An answer that does not end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    try:
        for _ in range(2000):
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass


def plain(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of these bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def serving() -> Iterator[Issuer]:
    """The provider, on a free port."""
    issuer = Issuer()

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            issuer.asked.append(path)
            length = int(self.headers.get("Content-Length") or 0)
            said = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            if path in issuer.instead:
                self.close_connection = True
                issuer.instead[path](self)
                return
            status, answer = issuer.answer(path, said)
            plain(status, json.dumps(answer).encode(), Content_Type="application/json")(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
