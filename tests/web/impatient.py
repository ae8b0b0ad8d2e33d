"""The service with little patience, so that a test of slow senders takes seconds."""

import os

from app import create_app
from app.backends import open_backends
from app.intake import Patience
from app.serve import serve
from app.settings import read_settings

PATIENCE = Patience(idle_s=2, head_s=1.5, body_bytes_per_s=500)


def main() -> None:
    """Write down who we are, then serve."""
    settings = read_settings()
    (settings.data / "pid").write_text(str(os.getpid()))
    backends = open_backends(settings)
    serve(create_app(backends=backends), backends, PATIENCE)


if __name__ == "__main__":
    main()
