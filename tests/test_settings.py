"""What the environment may say, and the secret that is made where it says none."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.backends import open_backends
from app.errors import SettingsError
from app.settings import ENGINES as KNOWN_ENGINES
from app.settings import read_settings
from transcription.transcriber import DEFAULT_ENGINE, ENGINES

ROOT = Path(__file__).resolve().parents[1]


def test_a_secret_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first, second = (read_settings({"HEARTH_DATA": str(data)}).secret for _ in range(2))

    assert first == second == (data / "secret").read_text()
    assert len(first) >= 32
    assert [path.name for path in data.iterdir()] == ["secret"]
    assert [path.stat().st_mode & 0o077 for path in (data, data / "secret")] == [0, 0]


def test_processes_that_start_together_have_one_secret(tmp_path: Path) -> None:
    together, found = threading.Barrier(20), []

    def start() -> None:
        together.wait()
        found.append(read_settings({"HEARTH_DATA": str(tmp_path / "data")}).secret)

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(found), len(set(found))) == (20, 1)


@pytest.mark.parametrize("kept", ["", "\n", "x" * 31, "ü" * 40])
def test_a_damaged_secret_is_refused_and_left_alone(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret").write_text(kept)

    with pytest.raises(SettingsError, match="is damaged"):
        read_settings({"HEARTH_DATA": str(tmp_path)})
    assert (tmp_path / "secret").read_text() == kept


@pytest.mark.parametrize(
    ("store", "asked", "media"),
    [
        ("", "", "stream"),
        ("", "x-accel", "x-accel"),
        ("s3://bucket", "", "redirect"),
        ("s3://bucket", "stream", "stream"),
    ],
)
def test_the_store_sends_the_sound_where_it_can(tmp_path: Path, store: str, asked: str, media: str) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_STORE_URL": store, "HEARTH_MEDIA": asked}

    assert read_settings({**env, "HEARTH_SECRET": "x" * 32}).media == media


@pytest.mark.parametrize(("store", "asked"), [("", "redirect"), ("s3://bucket", "x-accel"), ("", "nginx")])
def test_a_way_that_the_store_does_not_have_is_refused(tmp_path: Path, store: str, asked: str) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_STORE_URL": store, "HEARTH_MEDIA": asked}

    with pytest.raises(SettingsError, match="HEARTH_MEDIA must be stream or "):
        read_settings({**env, "HEARTH_SECRET": "x" * 32})


@pytest.mark.parametrize("given", ["x" * 31, "ü" * 40])
def test_a_secret_that_cannot_be_used_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError, match="HEARTH_SECRET"):
        read_settings({"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": given})


@pytest.mark.parametrize(
    "server", [{"DATABASE_URL": "postgresql://db/hearth"}, {"HEARTH_STORE_URL": "s3://bucket"}]
)
def test_with_a_server_there_is_no_secret_by_default(tmp_path: Path, server: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="HEARTH_SECRET must be set"):
        read_settings({"HEARTH_DATA": str(tmp_path), **server})


def test_a_second_factor_is_optional_or_demanded_by_the_studio() -> None:
    with pytest.raises(SettingsError, match="HEARTH_SECOND_FACTOR must be optional or studio"):
        read_settings({"HEARTH_SECRET": "x" * 32, "HEARTH_SECOND_FACTOR": "everybody"})

    chosen = [
        read_settings({"HEARTH_SECRET": "x" * 32, "HEARTH_SECOND_FACTOR": value}) for value in ("", "studio")
    ]
    assert [settings.studio_needs_second_factor for settings in chosen] == [False, True]


OIDC = {
    "HEARTH_OIDC_ISSUER": "https://login.example.org/realms/nhs",
    "HEARTH_OIDC_CLIENT_ID": "hearth",
    "HEARTH_OIDC_CLIENT_SECRET": "secret",
}


@pytest.mark.parametrize("missing", OIDC)
def test_the_organisations_sign_in_is_set_whole_or_not_at_all(tmp_path: Path, missing: str) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32}
    assert read_settings(env).oidc_issuer == ""
    assert read_settings({**env, **OIDC}).oidc_name == "your organisation"

    with pytest.raises(SettingsError, match=f"{missing} must be set"):
        read_settings({**env, **OIDC, missing: " "})


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.org",
        "http://127.0.0.1.example.org",
        "login.example.org",
        "https://",
        "https://[evil",
        "https://me:secret@login.example.org",
        "https://login.example.org?x=1",
        "https://login.example.org#x",
        "file:///etc/passwd",
    ],
)
def test_an_issuer_is_reached_by_tls_or_on_this_machine(tmp_path: Path, issuer: str) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32, **OIDC}
    for here in ("http://localhost:9400", "http://127.0.0.1:9400", "http://[::1]:9400"):
        assert read_settings({**env, "HEARTH_OIDC_ISSUER": here}).oidc_issuer == here

    with pytest.raises(SettingsError, match="HEARTH_OIDC_ISSUER"):
        read_settings({**env, "HEARTH_OIDC_ISSUER": issuer})


@pytest.mark.parametrize("name", ["x" * 61, "two\nlines"])
def test_a_name_of_the_organisation_fits_a_button(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="HEARTH_OIDC_NAME"):
        read_settings({"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32, "HEARTH_OIDC_NAME": name})


def test_the_engines_of_the_settings_are_those_that_there_are() -> None:
    assert set(KNOWN_ENGINES) == set(ENGINES)
    assert KNOWN_ENGINES[0] == DEFAULT_ENGINE


def test_the_remote_engine_needs_an_address_and_keeps_its_token_to_itself(tmp_path: Path) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_ENGINE": "remote", "HEARTH_REMOTE_TOKEN": "sk-very-secret"}
    with pytest.raises(SettingsError, match="HEARTH_REMOTE_URL must be set"):
        read_settings(env)

    settings = read_settings({**env, "HEARTH_REMOTE_URL": "https://speech.example.org:8443/v1/"})

    assert settings.remote_url == "https://speech.example.org:8443/v1"
    assert settings.remote_host == "speech.example.org"
    assert "sk-very-secret" not in repr(settings)


def test_an_address_without_the_remote_engine_sends_nothing_anywhere(tmp_path: Path) -> None:
    settings = read_settings(
        {"HEARTH_DATA": str(tmp_path), "HEARTH_REMOTE_URL": "https://speech.example.org"}
    )

    assert (settings.engine, settings.remote_host) == ("faster-whisper", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEARTH_ENGINE", "whisper"),
        *(
            ("HEARTH_REMOTE_URL", url)
            for url in (
                "speech.example.org", "ftp://speech.example.org", "https://", "https://a:b@speech.example.org",
                "https://speech.example.org/?key=1", "https://speech.example.org/#x", "http://h:99999",
                "https://speech.example.org/v1\r\nX: y", "https://speech.example.org/a b", "http://[::1",
            )
        ),
        ("HEARTH_REMOTE_TOKEN", "two\r\nX-Evil: lines"),
        ("HEARTH_REMOTE_TOKEN", "ümlaut"),
        ("HEARTH_REMOTE_MODEL", 'a"; filename="b'),
        ("HEARTH_METRICS_TOKEN", "too-short-to-be-safe"[:-1]),
        ("HEARTH_METRICS_TOKEN", "long enough, but with spaces"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"HEARTH_DATA": str(tmp_path), name: value})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://hearth:hush@hush@db/hearth",
        "postgresql://hearth:pw@:/%x@db/hearth",
        "postgresql://hearth@::1:5432/hearth",
        "postgresql://hearth@db:many/hearth",
        "postgresql://hearth@db:99999/hearth",
        "postgresql://hearth@db/hearth?sslmod=require",
        "mysql://hearth@db/hearth",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:////srv/what?/hearth.db",
    ],
)
def test_a_database_that_cannot_be_meant_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32, "DATABASE_URL": url}

    with pytest.raises(SettingsError, match=r"^DATABASE_URL ") as refused:
        open_backends(read_settings(env))
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "name", "host"),
    [
        ("postgres://hearth:p%40%2F@db/we%20ird%3F", "we ird?", "db"),
        (" postgresql://hearth@[::1]:5432/hearth\n", "hearth", "::1"),
        ("postgresql:///hearth?host=/run/postgresql", "hearth", None),
        ("postgresql+psycopg://hearth@/hearth?host=one:5432&host=two:5432", "hearth", None),
    ],
)
def test_a_database_may_have_an_odd_name_and_place(
    tmp_path: Path, url: str, name: str, host: str | None
) -> None:
    env = {"HEARTH_DATA": str(tmp_path), "HEARTH_SECRET": "x" * 32, "DATABASE_URL": url}
    address = open_backends(read_settings(env)).database.engine.url

    assert (address.drivername, address.database, address.host) == ("postgresql+psycopg", name, host)


def test_a_data_directory_may_have_an_odd_name(tmp_path: Path) -> None:
    data = tmp_path / "50%41 of what? é#"

    backends = open_backends(read_settings({"HEARTH_DATA": str(data)}))
    with backends.database.reading() as session:
        session.execute(sa.text("SELECT 1"))
    backends.database.dispose()

    assert (data / "hearth.db").exists()


def test_gunicorn_is_told_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HEARTH_DATA": str(tmp_path), "HEARTH_MEDIA": "nginx"}
    ended = subprocess.run(
        [sys.executable, "-c", "import app.wsgi"],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 4  # by which gunicorn ends, too
    assert ended.stderr == "Error: HEARTH_MEDIA must be stream or x-accel with this HEARTH_STORE_URL\n"


@pytest.mark.parametrize("name", ["HEARTH_DATA", "HEARTH_LISTEN"])
def test_a_service_that_cannot_start_says_why_in_one_line(name: str, tmp_path: Path) -> None:
    wrong = {
        "HEARTH_DATA": "/proc/nowhere",
        "HEARTH_LISTEN": "203.0.113.7",
    }
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HEARTH_DATA": str(tmp_path), name: wrong[name]}
    command = [sys.executable, "-m", "flask", "--app", "app", "web"]
    ended = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert [line for line in ended.stderr.splitlines() if line.startswith("Error: ")] == [
        ended.stderr.splitlines()[-1]
    ]
    assert f"Error: {name} " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_token_for_figures_is_kept_to_itself(tmp_path: Path) -> None:
    token = "a-token-that-nobody-guesses"

    settings = read_settings({"HEARTH_DATA": str(tmp_path), "HEARTH_METRICS_TOKEN": token})

    assert settings.metrics_token == token
    assert token not in repr(settings)
