"""F19: settings that are missing or wrong. Nothing starts on them, and what is wrong is named.

There is no setting by which two secrets hold at once: with a new `HEARTH_SECRET` everybody signs in again.
"""

import os
import subprocess
import sys

import requests

from tests.chaos.holding import all_broken
from tests.chaos.nursery import ROOT
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial

#: The variable that must be named, and what is said in its place and beside it. None leaves it out.
WRONG: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("HEARTH_SECRET", {"HEARTH_SECRET": "too short"}),
    ("HEARTH_SECRET", {"HEARTH_SECRET": "ü" * 40}),
    ("HEARTH_SECRET", {"HEARTH_SECRET": None, "DATABASE_URL": "postgresql://127.0.0.1/hearth"}),
    ("HEARTH_SECRET", {"HEARTH_SECRET": None, "HEARTH_STORE_URL": "s3://bucket"}),
    ("DATABASE_URL", {"DATABASE_URL": "mysql://127.0.0.1/hearth"}),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite:////proc/nowhere/hearth.db"}),
    ("HEARTH_STORE_URL", {"HEARTH_STORE_URL": "ftp://store"}),
    ("HEARTH_STORE_URL", {"HEARTH_STORE_URL": "file:///proc/nowhere"}),
    ("HEARTH_STORE_URL", {"HEARTH_STORE_URL": "s3://key:word@bucket"}),
    ("HEARTH_DATA", {"HEARTH_DATA": "/proc/nowhere"}),
    ("HEARTH_PUBLIC_URL", {"HEARTH_PUBLIC_URL": "podcasts.example.org"}),
    ("HEARTH_PUBLIC_URL", {"HEARTH_PUBLIC_URL": "https://example.org/podcasts"}),
    ("PORT", {"PORT": "eighty"}),
    ("PORT", {"PORT": "70000"}),
    ("HEARTH_LISTEN", {"HEARTH_LISTEN": "203.0.113.7"}),
    ("HEARTH_SLOTS", {"HEARTH_SLOTS": "0"}),
    ("HEARTH_PROXY_HOPS", {"HEARTH_PROXY_HOPS": "-1"}),
    ("HEARTH_LOG_FORMAT", {"HEARTH_LOG_FORMAT": "xml"}),
    ("HEARTH_TIME_ZONE", {"HEARTH_TIME_ZONE": "Europe/Nowhere"}),
    ("HEARTH_SMTP_URL", {"HEARTH_SMTP_URL": "mail.example.org"}),
    ("HEARTH_MONO_KBPS", {"HEARTH_MONO_KBPS": "12"}),
)


def wrong(trial: Trial) -> None:
    """Each setting in turn: web ends at once, naming it in one line, and changes nothing."""
    place = trial.place()
    chosen = trial.rng.sample(WRONG, 3) if trial.few else WRONG
    for name, said in chosen:
        code, words = _start(place, said)
        trial.fault()
        shown = ", ".join(f"{key}={value}" for key, value in said.items())
        trial.expect(code not in (0, None), f"{shown}: web ended with {code}")
        trial.expect(name in words, f"{shown}: {name} is not named: {words[-300:]}")
        trial.expect("Traceback" not in words, f"{shown}: a traceback: {words[-300:]}")
    trial.broken += all_broken(place)


def _start(place: Place, said: dict[str, str | None]) -> tuple[int | None, str]:
    """`flask web` with these settings: its exit code, or None where it stayed, and its last words."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {**kept, **place.env, "PYTHONPATH": str(ROOT)}
    for name, value in said.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    command = [sys.executable, "-m", "flask", "--app", "app", "web"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired as error:
        return None, (error.stderr or b"").decode(errors="replace")
    return done.returncode, done.stderr


def another_secret(trial: Trial) -> None:
    """A new secret: old sessions are signed out politely, addresses of parts refused."""
    place = trial.place()
    sound = place.ground.sound("short")
    with place.running("web"):
        producer = Producer(place.url)
        producer.sign_in()
        upload = producer.begin(sound)
    place.env["HEARTH_SECRET"] = "another secret, only for the tests of it too"
    trial.fault()
    with place.running("web"):
        page = producer.session.get(f"{place.url}/studio/", timeout=30, allow_redirects=False)
        trial.same(302, page.status_code, "the studio with an old session")
        forged = requests.put(f"{place.url}/parts/{'x' * 40}", data=b"x", timeout=30)
        trial.same(403, forged.status_code, "the address of a part that nobody made")
        producer.session.cookies.clear()
        producer.sign_in()
        producer.send(sound, upload)
        made = producer.complete(upload)
        trial.expect(made.get("recording"), "what was begun before cannot be finished")
    with place.running("worker"):
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place)
