"""The app for a server of the operator's own, such as gunicorn: `app.wsgi:application`.

What `flask web` does before it listens is done here once in each process that serves.
"""

from app import create_app
from app import log as logs
from app.backends import open_backends
from app.pipeline import counting
from app.serve import prepare
from app.settings import read_settings

_backends = open_backends(read_settings())
logs.set_up(_backends.settings)
prepare(_backends.settings)
application = create_app(backends=_backends)
counting.start(_backends)
