"""The audit finds what is planted, and nothing in what we have (threats, T37)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit import packages, secrets
from tests.audit.__main__ import LOCKS, ROOT

KNOWN = packages.advisories()
LOCKED = {name for lock in LOCKS for name, _ in packages.pins((ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", LOCKS)
def test_no_pinned_version_is_known_to_be_weak(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert len(list(packages.pins(text))) == len(re.findall(r"^[\w.-]+==", text, re.M))
    assert packages.affected(text, KNOWN) == []


@pytest.mark.parametrize(
    ("pin", "advisories"),
    [
        ("werkzeug==2.2.2", {"CVE-2023-25577", "CVE-2023-46136"}),
        ("werkzeug==3.0.0 \\\n    --hash=sha256:00", {"CVE-2023-46136"}),
        ("flask==3.1.2", {"CVE-2026-27205"}),
        ("Flask==2.3.1 ; python_version >= '3.8'", {"CVE-2023-30861"}),
        ("feedgen==0.8.0", {"CVE-2020-5227"}),
        ("urllib3==1.26.16", {"CVE-2023-43804"}),
        ("flask_security-too==5.3.2", {"CVE-2023-49438"}),
        ("waitress==3.0.0", {"CVE-2024-49768", "CVE-2024-49769"}),
        ("authlib==1.6.6", {"CVE-2026-28802", "CVE-2026-27962"}),
        ("pillow==12.0.0rc1", set()),
        ("werkzeug==3.1.9", set()),
    ],
)
def test_a_weak_version_that_is_planted_is_found(pin: str, advisories: set[str]) -> None:
    found = packages.affected(f"# ours\nblinker==1.9.0\n{pin}\n", KNOWN)

    assert {told for told in advisories if not any(told in line for line in found)} == set()
    assert bool(found) == bool(advisories)


def test_the_list_speaks_of_packages_that_we_have_in_ranges_that_mean_something() -> None:
    canonical = {packages.canonicalize_name(name) for name in LOCKED}

    assert [one for one in KNOWN if packages.canonicalize_name(one.package) not in canonical] == []
    assert [one for one in KNOWN if not one.why or not one.name.startswith(("CVE-", "GHSA-"))] == []
    assert len({(one.package, one.name) for one in KNOWN}) == len(KNOWN)
    assert all(not one.concerns(one.package, packages.Version("999")) for one in KNOWN)


#: Made of pieces, so that this file does not hold what it looks for.
PLANTED = {
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE",
    "an OpenSSH key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "a plain private key": "key = '''-----BEGIN " + "PRIVATE KEY-----",
    "a key of a cloud": "aws = 'AKIA" + "ABCDEFGHIJKLMNOP'",
    "a token of GitHub": "ghp_" + "a1" * 18,
    "a token of Slack": "xoxb-" + "1234567890-abcdef",
    "a signed token": "eyJ"
    + "hbGciOiJIUzI1NiIs."
    + "eyJ"
    + "zdWIiOiIxMjM0NTY3."
    + "c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    "a password's hash": "$argon2id" + "$v=19$m=65536,t=3,p=4$" + "c29tZXNhbHRzb21lc2FsdA$aGFzaA",
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_secret_that_is_planted_is_found_and_not_repeated(tmp_path: Path, what: str) -> None:
    (tmp_path / "settings.py").write_text(f"first = 1\n{PLANTED[what]}\n")

    told = secrets.found(tmp_path, ["settings.py"])

    assert len(told) == 1
    assert told[0].startswith("settings.py:2: ")
    assert PLANTED[what][-10:] not in told[0]


@pytest.mark.parametrize(
    "name", [".env", "deploy/.env.production", "id_ed25519", "tls/server.key", "data/hearth.db"]
)
def test_a_file_of_secrets_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x")

    assert len(secrets.found(tmp_path, [name])) == 1


def test_no_tracked_file_holds_a_secret() -> None:
    names = secrets.tracked(ROOT)

    assert "app/settings.py" in names
    assert secrets.found(ROOT, names) == []


def test_the_command_fails_on_a_planted_key(tmp_path: Path) -> None:
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "notes.md").write_text(PLANTED["a private key"])
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "notes.md"], cwd=tmp_path, check=True)

    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from tests.audit.__main__ import main, Path; exit(main(Path({str(tmp_path)!r})))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stdout.split(": ")[0]) == (1, "notes.md:1")
