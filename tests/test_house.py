"""The conventions as tests: a rule that is not tested is a wish."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import Settings
from app.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("transcription", "feeds", "app")

#: Which rooms a room may import from the house. The longest matching prefix counts.
MAY_IMPORT = {
    "transcription": {"transcription"},
    "feeds": {"feeds"},
    "app.audio": {"app.audio"},
    "app.settings": {"app.errors"},
    "app.errors": set(),
    "app.db": set(),
    "app.log": {"app.settings"},
    "app.mail": {"app.errors", "app.settings"},
    "app.notes": set(),
    "app.artwork": {"app.errors"},
    "app.models": {"app.db", "app.models"},
    "app.counting": {"app.counting", "app.models"},
    "app.openid": {"app.errors", "app.openid", "app.settings"},
    "app.metrics": set(),
    "app.version": set(),
    "app.storage": {"app.errors", "app.metrics", "app.storage"},
    "app.search": {"app.errors", "app.metrics", "app.models", "app.search"},
    "app.migrate": {"app.db", "app.errors"},
    "app.caches": {"app.db"},
    "app.database_address": {"app.errors"},
    "app.migrations": {"app.db", "app.models", "app.search"},
    "app.backends": {
        "app.caches", "app.database_address", "app.db", "app.errors", "app.mail", "app.openid",
        "app.settings", "app.storage", "transcription",
    },
    "app.services": {
        "app.artwork", "app.audio", "app.counting", "app.db", "app.errors", "app.metrics", "app.models",
        "app.notes", "app.openid", "app.search", "app.services", "app.settings", "app.storage", "feeds",
        "transcription",
    },
    "app.pipeline": {
        "app.audio", "app.backends", "app.counting", "app.db", "app.errors", "app.mail", "app.metrics",
        "app.models", "app.pipeline", "app.search", "app.services", "app.settings", "app.storage",
        "transcription",
    },
    "app": {"app", "feeds", "transcription"},
}  # fmt: skip

#: Libraries that only one place may touch.
ONLY_IN = {
    "dbos": {"app.pipeline.engine", "app.pipeline.former", "app.pipeline.recording"},
    "authlib": {"app.openid.client", "app.openid.provider", "app.openid.tokens"},
    "boto3": {"app.storage.s3"},
    "imageio_ffmpeg": {"app.audio.sandbox"},
    "faster_whisper": {"transcription.faster_whisper", "transcription.voice", "transcription.weights"},
    "whisper": {"transcription.openai_whisper"},
    "torch": {"transcription.checkpoint", "transcription.openai_whisper"},
    "prometheus_client": {"app.metrics", "app.web.metrics", "app.web.told"},
    "feedgen": {"feeds.rss", "feeds.itunes", "feeds.podcast_ns"},
}

LOCK_FILES = ("requirements.txt", "requirements-dev.txt", "requirements-openai.txt")

#: Rooms that know nothing of the web.
NO_FLASK = (
    "transcription",
    "feeds",
    "app.audio",
    "app.counting",
    "app.openid",
    "app.storage",
    "app.search",
    "app.services",
    "app.pipeline",
)


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of ours: its dotted name and its file."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports, and where."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def is_within(name: str, prefix: str) -> bool:
    """Whether a dotted name is the prefix or lies below it."""
    return name == prefix or name.startswith(prefix + ".")


def room_of(name: str) -> str:
    """The longest rule that covers a module."""
    return max((rule for rule in MAY_IMPORT if is_within(name, rule)), key=len)


def test_imports_point_down_only() -> None:
    wrong = []
    for name, path in modules():
        allowed = MAY_IMPORT[room_of(name)]
        for imported, line in imports(path):
            ours = imported.split(".")[0] in PACKAGES and imported != "app"
            if ours and not any(is_within(imported, rule) for rule in allowed):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {imported}")

    assert wrong == []


def test_libraries_stay_in_their_one_place() -> None:
    wrong = []
    for name, path in modules():
        for imported, line in imports(path):
            places = ONLY_IN.get(imported.split(".")[0])
            if places is not None and name not in places:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {imported}")
            if imported.split(".")[0] == "flask" and any(is_within(name, room) for room in NO_FLASK):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {imported}")

    assert wrong == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    files = [path for _, path in modules() if "migrations" not in path.parts]
    files += [path for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts]

    assert [str(path) for path in files if len(path.read_text().splitlines()) > 400] == []


def test_every_module_says_why_it_exists() -> None:
    assert [str(path) for _, path in modules() if not ast.get_docstring(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(field: str) -> None:
    plain = {"port": "PORT", "database_url": "DATABASE_URL"}
    variable = plain.get(field, f"HEARTH_{field.upper()}")

    assert f"`{variable}`" in (ROOT / "README.md").read_text()


def test_no_variable_of_the_readme_is_unknown() -> None:
    named = set(re.findall(r"^\| `((?:HEARTH_)?[A-Z_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
    source = (ROOT / "app" / "settings.py").read_text()

    assert named
    assert [name for name in sorted(named) if f'"{name}"' not in source] == []


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION


def test_the_lock_files_name_no_host() -> None:
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-openai.txt",
        "app/static/package-lock.json",
    ):
        text = (ROOT / name).read_text()

        assert (
            re.findall(r"https?://(?!(?:opencollective|github)\.com)\S+|--index-url|--find-links", text) == []
        )


def test_every_pinned_package_has_a_hash() -> None:
    for name in LOCK_FILES:
        text = (ROOT / name).read_text()
        pins = re.split(r"\n(?=[a-z0-9])", text)

        assert [pin.split()[0] for pin in pins if "==" in pin and "--hash=sha256:" not in pin] == []
