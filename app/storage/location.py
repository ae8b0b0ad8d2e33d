"""From HEARTH_STORE_URL to a store.

    file:///var/lib/hearth/store
    s3://bucket?endpoint=https://s3.example.org&region=eu-west-2&path_style=1&prefix=hearth

The only place that knows which stores there are.
"""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from app.errors import SettingsError
from app.storage.folder import FolderStore
from app.storage.store import ObjectStore

_VARIABLE = "HEARTH_STORE_URL"
#: As the client library takes them; servers differ in what else they ask.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}", re.ASCII)
_S3_OPTIONS = {"endpoint", "public_endpoint", "region", "path_style", "prefix"}


def open_store(url: str, *, base_url: str, secret: bytes) -> ObjectStore:
    """The store at the address; raises SettingsError. A folder is made where it is missing, a bucket is not.

    `base_url` is the public address of this service and `secret` signs the addresses of parts: only the
    folder store, which receives them itself, needs the two.
    """
    try:
        address = urlsplit(url)
    except ValueError as error:
        raise SettingsError(_VARIABLE, "must begin with file:/// or s3://") from error
    if address.username or address.password:
        raise SettingsError(
            _VARIABLE, "must not hold credentials; use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if address.scheme == "file":
        return _open_folder(address, base_url, secret)
    if address.scheme == "s3":
        return _open_s3(address)
    raise SettingsError(_VARIABLE, "must begin with file:/// or s3://")


def _open_folder(address: SplitResult, base_url: str, secret: bytes) -> ObjectStore:
    if address.netloc or address.query or address.fragment or not address.path.startswith("/"):
        raise SettingsError(_VARIABLE, "must be like file:///var/lib/hearth/store")
    path = Path(unquote(address.path))
    try:
        return FolderStore(path, base_url=base_url, secret=secret)
    except OSError as error:
        raise SettingsError(
            _VARIABLE, f"names a folder that cannot be used: {path} ({error.strerror})"
        ) from error


def _open_s3(address: SplitResult) -> ObjectStore:
    # Here, since boto3 takes a third of a second to load, which a service on a folder should not wait for.
    from app.storage.s3 import S3Store

    if not _BUCKET.fullmatch(address.netloc) or address.path.strip("/") or address.fragment:
        raise SettingsError(
            _VARIABLE, "must be like s3://bucket?endpoint=https://s3.example.org&region=eu-west-2"
        )
    options = _options(address.query)
    return S3Store(
        address.netloc,
        endpoint=options.get("endpoint") or None,
        public_endpoint=options.get("public_endpoint") or None,
        region=options.get("region") or None,
        path_style=options.get("path_style") == "1",
        prefix=options.get("prefix", "").strip("/"),
    )


def _options(query: str) -> dict[str, str]:
    """What stands behind the question mark: each known and once. Raises SettingsError saying which is not."""
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _S3_OPTIONS:
            raise SettingsError(_VARIABLE, f"has an option that means nothing here: {name}")
        if name in options:
            raise SettingsError(_VARIABLE, f"says {name} twice")
        options[name] = value.strip()
    for name in ("endpoint", "public_endpoint"):
        if options.get(name) and not _is_server(options[name]):
            raise SettingsError(
                _VARIABLE, f"needs {name} to be like https://s3.example.org or http://host:port"
            )
    if options.get("path_style", "") not in ("", "0", "1"):
        raise SettingsError(_VARIABLE, "needs path_style to be 1 or 0")
    return options


def _is_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # a port that is no number, half of an IPv6 address
        return False
    is_bare = not parts.query and not parts.fragment and parts.username is None
    return parts.scheme in ("http", "https") and bool(host) and is_bare and not re.search(r"\s", address)
