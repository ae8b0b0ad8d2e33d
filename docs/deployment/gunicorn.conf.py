"""gunicorn for Hearth behind nginx: /etc/hearth/gunicorn.conf.py. Why it is so: docs/deployment.md."""

import os

wsgi_app = "app.wsgi:application"
# Where systemd hands over a socket (hearth-web.socket) that one counts, and this is not opened.
bind = os.environ.get("HEARTH_WEB_BIND", "127.0.0.1:8000")
# Processes: one for each core that the pages may have (WEB_CONCURRENCY); threads wait for the database.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 16
# Each process loads the app by itself: nothing is shared over a fork, and SIGHUP takes new code.
preload_app = False
# Asked to end, a process answers what it has begun (as `flask web` does); what takes longer is cut.
graceful_timeout = 8
# A process whose main thread has not moved for so long is replaced. A request may take longer.
timeout = 60
# Longer than nginx keeps an idle connection (60 s), so that it is never closed while a request is on its way.
keepalive = 75
# nginx has read the request; a signed address of a part is long.
limit_request_line = 8190
worker_tmp_dir = "/dev/shm"  # noqa: S108  (a file for its heartbeat, without a name)
# The app writes one line for each request by itself.
accesslog = None
