"""Where processes are started, addresses are asked and foreign bytes are parsed: a few places, and no others.

What the tests of behaviour cannot show is that nobody has added another place (T4, T12, T38; findings 2, 5).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    path for package in ("app", "feeds", "transcription") for path in sorted((ROOT / package).rglob("*.py"))
]

#: Modules that start processes: the sandbox, what looks what it can do, and what operators and builders run.
STARTERS = {
    "app.audio.launcher",
    "app.audio.protections",
    "app.audio.sandbox",
    "app.pipeline.border",
    "app.web.vendor",
    "transcription.weights",
}
#: Library that opens connections -> the modules that use it: the server's own socket and the name of the
#: host, the organisation's provider, its server for speech, the store, letters.
SPEAKERS: dict[str, set[str]] = {
    "socket": {"app.intake", "app.pipeline.places", "app.openid.client", "transcription.remote"},
    "http.client": {"app.caches", "transcription.remote"},
    "boto3": {"app.storage.s3"},
    "smtplib": {"app.mail", "app.web.letters", "app.pipeline.steps"},
    **{name: set() for name in ("requests", "urllib.request", "httpx", "aiohttp", "urllib3")},
}
STARTS = {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}
OF_OS = set(
    [
        "system",
        "popen",
        "execv",
        "execve",
        "execvp",
        "execvpe",
        "execl",
        "execlp",
        "spawnv",
        "spawnl",
        "posix_spawn",
        "fork",
    ]
)


def module(path: Path) -> str:
    """The dotted name of a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call by its written name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path: Path) -> set[str]:
    """The names of all modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_children_are_started_in_their_few_places_and_never_by_a_shell() -> None:
    starters, shells = set(), []
    for path in FILES:
        for name, node in calls(path):
            library, _, function = name.rpartition(".")
            if (library == "subprocess" and function in STARTS) or (library == "os" and function in OF_OS):
                starters.add(module(path))
                shells += [name for keyword in node.keywords if keyword.arg == "shell"]
            if name in ("os.system", "os.popen") or "getoutput" in name:
                shells.append(f"{module(path)}: {name}")

    assert shells == []
    assert starters == STARTERS


def test_the_decoder_is_given_paths_of_ours_and_no_addresses() -> None:
    """Whatever follows "-i" is a path behind "file:", and no module of the audio room knows of a network."""
    inputs = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.List | ast.Tuple):
                inputs += [
                    (module(path), ast.unparse(after))
                    for before, after in zip(node.elts, node.elts[1:], strict=False)
                    if isinstance(before, ast.Constant) and before.value == "-i"
                ]

    assert inputs
    assert {name for name, _ in inputs if not name.startswith("app.audio.")} == set()
    for name, written in inputs:
        assert written == "f'file:{path}'", name
    for path in (ROOT / "app" / "audio").glob("*.py"):
        assert not imported(path) & SPEAKERS.keys(), path.name


def test_tags_are_read_of_files_that_we_made() -> None:
    users = {
        module(path) for path in FILES if any(name.split(".")[0] == "mutagen" for name in imported(path))
    }
    callers = {
        module(path) for path in FILES for name, _ in calls(path) if name.rpartition(".")[2] == "write_tags"
    }

    assert users == {"app.audio.tags"}
    assert {name for name in callers if name.startswith("app.web")} == set()


def test_every_reader_of_xml_resolves_no_entity() -> None:
    readers = []
    for path in FILES:
        for name, node in calls(path):
            if (
                name.rpartition(".")[2] in ("fromstring", "parse", "XML", "iterparse")
                and "etree" in name.lower()
            ):
                readers.append((module(path), ast.unparse(node)))

    assert readers
    for name, written in readers:
        assert "XMLParser(resolve_entities=False, no_network=True" in written, name


@pytest.mark.parametrize("library", SPEAKERS)
def test_only_a_few_modules_speak_to_the_network(library: str) -> None:
    users = {
        module(path)
        for path in FILES
        if any(name == library or name.startswith(f"{library}.") for name in imported(path))
    }

    assert users == SPEAKERS[library]
