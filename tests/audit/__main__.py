"""`python -m tests.audit`: what is wrong with packages and files, a line each; 1 where anything is."""

import subprocess
import sys
from pathlib import Path

from tests.audit import packages, secrets

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-openai.txt")

#: How pip says that a package is missing which only graphics cards need: it is not installed.
LEFT_OUT = "requires triton, which is not installed."


def main(root: Path = ROOT) -> int:
    """Look at everything; the exit code."""
    known = packages.advisories()
    wrong = [
        f"{name}: {told}" for name in LOCKS for told in packages.affected((root / name).read_text(), known)
    ]
    wrong += secrets.found(root, secrets.tracked(root))
    for told in wrong:
        print(told)
    fits = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    unfit = (
        [line for line in fits.stdout.splitlines() if not line.endswith(LEFT_OUT)] if fits.returncode else []
    )
    for told in unfit:
        print(told)
    return 1 if wrong or unfit else 0


if __name__ == "__main__":
    sys.exit(main())
