"""Keys, tokens and passwords in files that everybody gets: none may be there, not even for a test."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

#: What it is, and how it looks. Values that tests make up must not look like real ones.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("a key of a cloud", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a key of Google", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})\b")),
    ("a token of GitLab", re.compile(r"\bglpat-[0-9A-Za-z_-]{20}\b")),
    ("a token of a package index", re.compile(r"\bpypi-AgEI[0-9A-Za-z_-]{50,}")),
    ("a token of npm", re.compile(r"\bnpm_[0-9A-Za-z]{36}\b")),
    ("a token of Slack", re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}")),
    ("a token of Hugging Face", re.compile(r"\bhf_[0-9A-Za-z]{34}\b")),
    ("a key that is paid for", re.compile(r"\b(?:sk|rk)_live_[0-9A-Za-z]{20,}|\bsk-[0-9A-Za-z]{40,}")),
    ("a signed token", re.compile(r"\beyJ[0-9A-Za-z_-]{15,}\.eyJ[0-9A-Za-z_-]{15,}\.[0-9A-Za-z_-]{15,}")),
    ("a password's hash", re.compile(r"\$argon2id?\$v=\d+\$m=\d+,t=\d+,p=\d+\$[0-9A-Za-z+/]{16,}\$")),
)

#: Files that are secrets, or hold them, by what they are called.
NAMES = re.compile(
    r"(?:^|/)(?:\.env(?:\..+)?|\.netrc|\.pypirc|\.npmrc|id_(?:rsa|dsa|ecdsa|ed25519)|secret"
    r"|.+\.(?:pem|key|p12|pfx|jks|kdbx|db|sqlite3?))$"
)


def tracked(root: Path) -> list[str]:
    """The files that git keeps."""
    said = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in said.stdout.split("\0") if name and (root / name).is_file()]


def found(root: Path, names: Iterable[str]) -> list[str]:
    """What looks like a secret: which file, which line, what it is; never the secret itself."""
    told = []
    for name in names:
        if NAMES.search(name):
            told.append(f"{name}: a file that holds a secret, by its name")
        text = (root / name).read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), start=1):
            told += [f"{name}:{number}: {what}" for what, looks in PATTERNS if looks.search(line)]
    return told
