"""Which addresses a feed may carry: absolute web addresses in ASCII, and nothing that runs or embeds."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit

from feeds.text import speakable


def web_address(text: str) -> str | None:
    """The address as RFC 3986 writes it, or None where it is not an absolute http or https address.

    A right address comes back unchanged; letters beyond ASCII and blanks, as people type them, are escaped.
    Addresses that hold a user name or password are refused: a feed is read by everybody. http stands beside
    https for a service on a loopback address; a public one has https because its public address has it.
    """
    if _USUAL.fullmatch(text):
        return text
    address = text.strip(" ")
    if not address or speakable(address) != address or not _MISLEADING.isdisjoint(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
        host = parts.hostname or ""
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:  # a bad port, a bad bracket, or a host that IDNA cannot write
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or port == 0:
        return None
    if _HOST.fullmatch(host) is None:
        return None
    return address if _PLAIN.issuperset(address) else _escaped(parts, host, port)


def is_public(url: str) -> bool:
    """Whether others than this machine and its neighbours can mean to reach the address, by its host alone.

    No name is looked up: a name of one word, or one that is kept for local use (RFC 6761, RFC 6762,
    RFC 8375), is not public.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_LOCAL_NAMES)


def _escaped(parts: SplitResult, host: str, port: int | None) -> str:
    authority = f"[{host}]" if ":" in host else host
    if port is not None:
        authority += f":{port}"
    escaped = parts._replace(
        netloc=authority,
        path=quote(parts.path, safe=_SAFE),
        query=quote(parts.query, safe=_SAFE),
        fragment=quote(parts.fragment, safe=_SAFE),
    )
    return escaped.geturl()


_LOCAL_NAMES = (".localhost", ".local", ".internal", ".home.arpa")
# Browsers read a backslash as a slash, and urlsplit drops tabs and line ends without a word.
_MISLEADING = frozenset("\\\t\n\r\x85\u2028\u2029")
# RFC 3986, appendix A: reserved and unreserved characters, and the sign of an escape.
_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
_PLAIN = frozenset(_SAFE + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
# What nearly all addresses of a feed are, and right by all that is asked below: they are a third of its work.
_USUAL = re.compile(
    r"https?://[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?/[A-Za-z0-9/._~=&?#%-]*"
)
# A name, with the underscores that DNS bears, or an address of IPv4 or IPv6.
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
