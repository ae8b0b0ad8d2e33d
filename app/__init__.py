"""Hearth: podcasts and stories for communities of practice.

`create_app` registers, nothing else. Its imports are late, so that a child process or a command can
import one room of the house without waking all of it.
"""

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.backends import Backends
    from app.settings import Settings


def create_app(settings: "Settings | None" = None, backends: "Backends | None" = None) -> "Flask":
    """The web application on these backends (by default: on what the environment names)."""
    is_first = "app.web.modules" not in sys.modules
    if is_first:
        gc.disable()  # what the imports make stays: to look through it again and again is a sixth of a start
    from click import ClickException
    from flask import Flask

    from app import cli
    from app.backends import open_backends
    from app.errors import SettingsError
    from app.settings import read_settings
    from app.web.modules import MODULES

    if is_first:
        gc.freeze()
        gc.enable()
    try:
        backends = backends or open_backends(settings or read_settings())
    except SettingsError as error:
        raise ClickException(str(error)) from error  # one line, where a command is asked for
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.extensions["hearth"] = backends
    for module in MODULES:
        module.register(app, backends)
    cli.register(app, backends)
    return app
