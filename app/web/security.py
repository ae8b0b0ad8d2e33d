"""What protects every request before a view sees it: trusted hosts, proxies, limits, CSRF, headers.

Must not know what any page is about.
"""

import uuid
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from app.backends import Backends
from app.errors import HearthError, NotFound
from app.services.published import NOTHING_HERE
from app.settings import Settings
from app.storage import ObjectStore
from app.storage.keys import recording_key
from app.web.current import settings

#: Largest body of a form or a JSON call; routes that take files raise it before the body is read.
FORM_BYTES = 1024 * 1024

LOOPBACK = ("localhost", "127.0.0.1")

#: Pages that show what belongs to one person: never kept by a cache.
PRIVATE_BLUEPRINTS = (
    "account",
    "api",
    "factors",
    "joining",
    "organisation",
    "passkeys",
    "second_step",
    "studio",
    "tokens",
)

#: Files that players and readers on other sites may load.
OPEN_BLUEPRINTS = ("embed", "feed", "media")

#: The only page that may stand in a frame on somebody else's: it has no session, and changes nothing.
FRAMED = ("embed.player",)

#: Changes without a token, since no cookie is looked at: of a part the signed address is the permission,
#: and a page that tells of its reader says nothing that needs one.
CSRF_FREE = ("app.web.parts.put_part", "app.web.listening.tell")

csrf = CSRFProtect()


def register(app: Flask, backends: Backends) -> None:
    """Set the limits and open the hooks."""
    chosen = backends.settings
    app.config.update(
        SECRET_KEY=chosen.secret,
        SECRET_KEY_FALLBACKS=list(chosen.secrets[1:]),
        TRUSTED_HOSTS=trusted_hosts(chosen),
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=1000,
        SESSION_COOKIE_NAME=session_cookie(chosen),
        SESSION_COOKIE_SECURE=chosen.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # the token lives as long as the session: a long evening over one form costs nobody their text
        WTF_CSRF_TIME_LIMIT=None,
    )
    if chosen.proxy_hops:
        hops = chosen.proxy_hops
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=0, x_prefix=0)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # as Flask's own manual does
    app.url_map.converters["int"] = ShortNumber
    app.before_request(_without_nul)
    csrf.init_app(app)
    for view in CSRF_FREE:
        csrf.exempt(view)
    origin = store_origin(backends.store)
    headers = _fixed_headers(chosen, content_policy(chosen, origin))
    framed = _fixed_headers(chosen, content_policy(chosen, origin, framed=True))
    del framed["X-Frame-Options"]  # which has no word for everybody

    @app.after_request
    def protect(response: Response) -> Response:
        fixed = framed if request.endpoint in FRAMED else headers
        there = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  (iterating gives pairs)
        for name, value in (fixed | _headers_of_page(response)).items():
            if name.lower() not in there:
                response.headers.add(name, value)
        return response


class ShortNumber(IntegerConverter):
    """A number in an address: as many digits as every database's integers have. Longer ones lead nowhere."""

    regex = r"\d{1,9}"


def _without_nul() -> None:
    """NUL is in no address of ours, and PostgreSQL keeps none in a text. Raises NotFound."""
    if "\0" in request.path:
        raise NotFound(NOTHING_HERE)
    if any("\0" in value for _, value in request.args.items(multi=True)):
        clean = [(name, value.replace("\0", "")) for name, value in request.args.items(multi=True)]
        request.args = ImmutableMultiDict(clean)


def trusted_hosts(chosen: Settings) -> list[str]:
    """The only names by which the service answers. On loopback both of its names are one place."""
    host = urlsplit(chosen.public_url).hostname or ""
    return list(LOOPBACK) if host in LOOPBACK else [host]


def content_policy(chosen: Settings, origin: str | None, *, framed: bool = False) -> str:
    """The Content-Security-Policy: everything from here, sound and uploads also from the store.

    `framed` is for a page that any other may show in a frame; it sends no forms.
    """
    forms, ancestors = ("'none'", "*") if framed else ("'self'", "'none'")
    elsewhere = f" {origin}" if origin and origin != chosen.public_url else ""
    rules = [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        f"media-src 'self' blob:{elsewhere}",
        f"connect-src 'self'{elsewhere}",
        "object-src 'none'",
        "base-uri 'none'",
        f"form-action {forms}",
        "frame-src 'none'",
        f"frame-ancestors {ancestors}",
    ]
    if chosen.is_https:
        rules.append("upgrade-insecure-requests")
    return "; ".join(rules)


def store_origin(store: ObjectStore) -> str | None:
    """Where browsers reach the store's signed addresses, or None where it is this service itself."""
    try:
        address = store.signed_get(recording_key(uuid.UUID(int=0)))
    except HearthError:  # no credentials yet: the health page says so
        return None
    if address is None:
        return None
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _fixed_headers(chosen: Settings, policy: str) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if chosen.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _headers_of_page(response: Response) -> dict[str, str]:
    blueprint = (request.blueprint or "").partition(".")[0]
    is_static = request.endpoint == "static"
    shared = "cross-origin" if is_static or blueprint in OPEN_BLUEPRINTS else "same-origin"
    headers = {"Cross-Origin-Resource-Policy": shared}
    if is_static:  # a frame in a sandbox has no origin, and still needs the player's script and style
        headers["Access-Control-Allow-Origin"] = "*"
    if blueprint in PRIVATE_BLUEPRINTS:
        headers["Cache-Control"] = "private, no-store"
        headers["X-Robots-Tag"] = "noindex"
    elif response.mimetype == "text/html" and session_cookie(settings()) in request.cookies:
        headers["Cache-Control"] = "private, no-store"
    return headers


def session_cookie(chosen: Settings) -> str:
    """The name of the session's cookie; the prefix makes browsers refuse a sibling host's."""
    return "__Host-hearth" if chosen.is_https else "hearth"
