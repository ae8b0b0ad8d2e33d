"""The app for a server of the operator's own, such as gunicorn: `app.wsgi:application`.

What `flask web` does before it listens is done here once in each process that serves. A process takes the
place of another at any time, so what refuses us then is said, and pages go on saying so too.
"""

import logging
import sys

from app import create_app, starting
from app import log as logs
from app.backends import open_backends
from app.errors import SettingsError
from app.pipeline import counting
from app.serve import prepare
from app.settings import read_settings

#: By which gunicorn sees that there is nothing to serve, and ends instead of trying again for ever.
_CANNOT_BE_LOADED = 4

try:
    _backends = open_backends(read_settings())
    logs.set_up(_backends.settings)
    prepare(_backends.settings)
except SettingsError as error:
    sys.stderr.write(f"Error: {error}\n")
    sys.exit(_CANNOT_BE_LOADED)
try:
    starting.look(_backends)
except SettingsError as error:
    logging.getLogger("hearth").error("%s", error)
application = create_app(backends=_backends)
counting.start(_backends)
