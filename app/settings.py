"""What the operator decides, read from the environment once.

Every field is documented in README.md (a test compares them). Nothing here touches the disk
except the secret, which the embedded default makes and keeps on first start.
"""

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import SettingsError

#: Part size of an upload. 8 MiB: above S3's 5 MiB minimum, small enough to lose little on bad Wi-Fi.
PART_BYTES = 8 * 1024 * 1024

#: Who hears: names of `transcription.transcriber.ENGINES` (a test compares them).
ENGINES = ("faster-whisper", "openai-whisper", "remote")

_SECRET_LENGTH_MIN = 32
_TOKEN_LENGTH_MIN = 20
_NAME_LENGTH_MAX = 60


@dataclass(frozen=True)
class Settings:
    """All settings of one process. Field names are the lower-case names of the variables."""

    data: Path
    port: int
    listen: str
    public_url: str
    database_url: str
    store_url: str
    media: str
    secret: str
    secret_old: str = field(repr=False)
    service_name: str
    contact_email: str
    smtp_url: str
    mail_from: str
    engine: str
    remote_url: str
    remote_model: str
    remote_token: str = field(repr=False)
    model: str
    weights: Path | None
    language: str
    slots: int
    ffmpeg: str | None
    mono_kbps: int
    stereo_kbps: int
    proxy_hops: int
    cache_refresh_url: tuple[str, ...]
    log_format: str
    metrics_token: str = field(repr=False)
    time_zone: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    second_factor: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What signatures are believed by: the present secret first, then the one that it replaces."""
        return (self.secret, self.secret_old) if self.secret_old else (self.secret,)

    @property
    def zone(self) -> ZoneInfo:
        """The time of day in which people read and set times."""
        return ZoneInfo(self.time_zone)

    @property
    def host(self) -> str:
        """The public host name (with port), the only one that addresses are built from."""
        return urlsplit(self.public_url).netloc

    @property
    def is_https(self) -> bool:
        """Whether listeners reach the service by https; decides about Secure cookies."""
        return self.public_url.startswith("https://")

    @property
    def studio_needs_second_factor(self) -> bool:
        """Whether whoever works in the studio must prove more than a password."""
        return self.second_factor == "studio"

    @property
    def remote_host(self) -> str:
        """The host to which speech is sent to be written down; nothing where it stays here."""
        return urlsplit(self.remote_url).hostname or "" if self.engine == "remote" else ""

    @property
    def is_sqlite(self) -> bool:
        """Whether the service runs on its embedded database."""
        return self.database_url.startswith("sqlite")

    @property
    def store_is_folder(self) -> bool:
        """Whether recordings and sound lie in a folder of this machine."""
        return self.store_url.startswith("file:")

    @property
    def limits(self) -> "Limits":
        """What an upload may be."""
        return Limits()


@dataclass(frozen=True)
class Limits:
    """Bounds of one recording, said on the upload page before anyone chooses a file."""

    recording_ms: int = 6 * 60 * 60 * 1000
    recording_bytes: int = 4 * 1024**3
    plain_form_bytes: int = 1024**3
    part_bytes: int = PART_BYTES


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings of this environment.

    Raises SettingsError naming the variable that cannot be used.
    """
    env = os.environ if env is None else env
    data = Path(env.get("HEARTH_DATA") or "data").resolve()
    port = _number(env, "PORT", 8000, 1, 65535)
    public_url = (env.get("HEARTH_PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/")
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        raise SettingsError("HEARTH_PUBLIC_URL", "must be like https://podcasts.example.org, without a path")
    store_url = (env.get("HEARTH_STORE_URL") or "").strip() or (data / "store").as_uri()
    return Settings(
        data=data,
        port=port,
        listen=env.get("HEARTH_LISTEN") or "127.0.0.1",
        public_url=public_url,
        database_url=_database_url(
            (env.get("DATABASE_URL") or "").strip() or f"sqlite:///{quote(str(data / 'hearth.db'))}"
        ),
        store_url=store_url,
        media=_media(env, store_url),
        secret=_secret(env, data),
        secret_old=_usable_secret("HEARTH_SECRET_OLD", env.get("HEARTH_SECRET_OLD") or ""),
        service_name=env.get("HEARTH_SERVICE_NAME") or "Hearth",
        contact_email=env.get("HEARTH_CONTACT_EMAIL") or "",
        smtp_url=env.get("HEARTH_SMTP_URL") or "",
        mail_from=env.get("HEARTH_MAIL_FROM") or env.get("HEARTH_CONTACT_EMAIL") or "",
        engine=_engine(env),
        remote_url=_remote_url(env),
        remote_model=_in_one_line(env, "HEARTH_REMOTE_MODEL") or "whisper-1",
        remote_token=_in_one_line(env, "HEARTH_REMOTE_TOKEN"),
        model=env.get("HEARTH_MODEL") or "base",
        weights=Path(env["HEARTH_WEIGHTS"]).resolve() if env.get("HEARTH_WEIGHTS") else None,
        language=env.get("HEARTH_LANGUAGE") or "",
        slots=_number(env, "HEARTH_SLOTS", max(1, min(os.cpu_count() or 1, 8)), 1, 64),
        ffmpeg=env.get("HEARTH_FFMPEG") or None,
        mono_kbps=_number(env, "HEARTH_MONO_KBPS", 96, 64, 320),
        stereo_kbps=_number(env, "HEARTH_STEREO_KBPS", 128, 96, 320),
        cache_refresh_url=_cache_refresh_url(env),
        proxy_hops=_number(env, "HEARTH_PROXY_HOPS", 0, 0, 5),
        log_format=_one_of(env, "HEARTH_LOG_FORMAT", "text", "json"),
        metrics_token=_metrics_token(env),
        time_zone=_time_zone(env.get("HEARTH_TIME_ZONE") or "Europe/London"),
        second_factor=_one_of(env, "HEARTH_SECOND_FACTOR", "optional", "studio"),
        **_organisation(env),
    )


def _one_of(env: Mapping[str, str], name: str, default: str, other: str) -> str:
    chosen = env.get(name) or default
    if chosen not in (default, other):
        raise SettingsError(name, f"must be {default} or {other}")
    return chosen


def _media(env: Mapping[str, str], store_url: str) -> str:
    """How listeners get the sound: what a folder cannot do is not what a bucket cannot do."""
    ways = ("stream", "redirect") if store_url.startswith("s3:") else ("stream", "x-accel")
    chosen = env.get("HEARTH_MEDIA") or ("redirect" if store_url.startswith("s3:") else "stream")
    if chosen not in ways:
        raise SettingsError("HEARTH_MEDIA", f"must be {' or '.join(ways)} with this HEARTH_STORE_URL")
    return chosen


def _cache_refresh_url(env: Mapping[str, str]) -> tuple[str, ...]:
    """One address for each nginx, with spaces between."""
    addresses = tuple((env.get("HEARTH_CACHE_REFRESH_URL") or "").split())
    for address in addresses:
        if not re.fullmatch(r"http://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9/_-]*)?", address, re.ASCII):
            raise SettingsError("HEARTH_CACHE_REFRESH_URL", "must be like http://127.0.0.1:8081/refresh")
    return addresses


def _engine(env: Mapping[str, str]) -> str:
    engine = env.get("HEARTH_ENGINE") or ENGINES[0]
    if engine not in ENGINES:
        raise SettingsError("HEARTH_ENGINE", f"must be one of {', '.join(ENGINES)}")
    if engine == "remote" and not env.get("HEARTH_REMOTE_URL"):
        raise SettingsError("HEARTH_REMOTE_URL", "must be set where HEARTH_ENGINE is remote")
    return engine


def _remote_url(env: Mapping[str, str]) -> str:
    """Where recordings may be sent: no password in it, since addresses are shown and logged."""
    url = (env.get("HEARTH_REMOTE_URL") or "").rstrip("/")
    wanted = "must be like https://speech.example.org/v1, without a password, a question mark or a hash"
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsError("HEARTH_REMOTE_URL", wanted) from error
    odd = parts.username is not None or parts.query or parts.fragment or not re.fullmatch(r"[!-~]+", url)
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise SettingsError("HEARTH_REMOTE_URL", wanted)
    return url


def _in_one_line(env: Mapping[str, str], name: str) -> str:
    text = env.get(name) or ""
    if not re.fullmatch(r"[!-~]*", text):
        raise SettingsError(name, "must be of ASCII characters without a space")
    return text


def _metrics_token(env: Mapping[str, str]) -> str:
    token = _in_one_line(env, "HEARTH_METRICS_TOKEN")
    if token and len(token) < _TOKEN_LENGTH_MIN:
        raise SettingsError("HEARTH_METRICS_TOKEN", f"must have at least {_TOKEN_LENGTH_MIN} characters")
    return token


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError("HEARTH_TIME_ZONE", "must be a time zone such as Europe/London") from error
    return name


def _organisation(env: Mapping[str, str]) -> dict[str, str]:
    """The provider of OpenID Connect: all that it takes, or nothing."""
    names = ("HEARTH_OIDC_ISSUER", "HEARTH_OIDC_CLIENT_ID", "HEARTH_OIDC_CLIENT_SECRET")
    given = {name: (env.get(name) or "").strip() for name in names}
    missing = [name for name, text in given.items() if not text]
    if missing and len(missing) < len(names):
        raise SettingsError(missing[0], "must be set where another HEARTH_OIDC_... is")
    for name, text in given.items():
        if not text.isascii() or not text.isprintable():
            raise SettingsError(name, "must be printable ASCII")
    issuer = given["HEARTH_OIDC_ISSUER"]
    if issuer and not _is_issuer(issuer):
        raise SettingsError(
            "HEARTH_OIDC_ISSUER",
            "must be like https://login.example.org; http:// only where the provider is on this machine",
        )
    name = (env.get("HEARTH_OIDC_NAME") or "your organisation").strip()
    if not name.isprintable() or len(name) > _NAME_LENGTH_MAX:
        raise SettingsError("HEARTH_OIDC_NAME", f"must be a name of at most {_NAME_LENGTH_MAX} characters")
    return {**{key.removeprefix("HEARTH_").lower(): text for key, text in given.items()}, "oidc_name": name}


def _is_issuer(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return bool(host) and is_safe and parts.username is None and not parts.query and not parts.fragment


def is_loopback(host: str) -> bool:
    """Whether what is said to this host never leaves the machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_folder(name: str, path: Path) -> None:
    """Make a folder of our own where it is missing. Raises SettingsError naming its variable."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(name, f"names a folder that cannot be used: {path} ({error.strerror})") from error


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or ""
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(name, f"must be a whole number from {low} to {high}")
    return int(text)


def _database_url(url: str) -> str:
    """The address with the driver that we install, whatever short form the operator's host gave."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError("DATABASE_URL", "must begin with sqlite:/// or postgresql://")
    return url


def _secret(env: Mapping[str, str], data: Path) -> str:
    """The key that signs sessions and links: given, or made and kept beside embedded data.

    A service with its own database or store runs on several machines, which must share the key:
    there is no default then.
    """
    given = env.get("HEARTH_SECRET") or ""
    if given:
        return _usable_secret("HEARTH_SECRET", given)
    database, store = env.get("DATABASE_URL", "").strip(), env.get("HEARTH_STORE_URL", "").strip()
    if database.startswith("postgres") or store.startswith("s3"):
        raise SettingsError(
            "HEARTH_SECRET", "must be set where DATABASE_URL or HEARTH_STORE_URL name a server"
        )
    path = data / "secret"
    if not path.exists():
        make_folder("HEARTH_DATA", data)
        _keep_secret(path, secrets.token_urlsafe(48))
    return _kept_secret(path)


def _usable_secret(name: str, given: str) -> str:
    if given and (len(given) < _SECRET_LENGTH_MIN or not given.isascii()):
        raise SettingsError(name, "must have at least 32 characters, all of them ASCII")
    return given


def _keep_secret(path: Path, fresh: str) -> None:
    """Put the secret under its name whole or not at all; of two processes the first one's stays."""
    handle, arriving = tempfile.mkstemp(dir=path.parent, prefix="secret.")  # for its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        os.link(arriving, path)
    except FileExistsError:  # another process of ours was first
        return
    finally:
        Path(arriving).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _kept_secret(path: Path) -> str:
    try:
        kept = path.read_text("ascii").strip()
    except UnicodeDecodeError:
        kept = ""
    if len(kept) < _SECRET_LENGTH_MIN:
        raise SettingsError(
            str(path),
            "is damaged: it must hold at least 32 characters. Bring it back from where you keep it, or "
            "remove it to have a new one made; then everybody signs in again.",
        )
    return kept
