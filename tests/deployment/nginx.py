"""nginx with the guide's own configuration, its places replaced by the test's."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "docs" / "deployment" / "nginx.conf"

_AROUND = """
daemon off;
{user}
worker_processes {processes};
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    include /etc/nginx/mime.types;
    access_log {access_log};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hearth.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """Where nginx listens, the certificate by which it is known, and where it is told what has changed."""

    port: int
    plain_port: int
    refresh_port: int
    certificate: Path

    @property
    def url(self) -> str:
        """The public address."""
        return f"https://localhost:{self.port}"

    @property
    def refresh_url(self) -> str:
        """HEARTH_CACHE_REFRESH_URL."""
        return f"http://127.0.0.1:{self.refresh_port}/refresh"


def prepared(folder: Path) -> Front:
    """Ports and a certificate for `localhost`, before anything runs: the app has to know its address."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = folder / "hearth.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "hearth.key", "-out", certificate],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Front(free_port(), free_port(), free_port(), certificate)


@contextmanager
def running_nginx(
    folder: Path, front: Front, upstream: str, objects: Path, *, processes: int = 1
) -> Iterator[subprocess.Popen[bytes]]:
    """nginx before the service that listens at `upstream`."""
    (folder / "hearth.conf").write_text(rendered(folder, front, upstream, objects))
    (folder / "nginx.conf").write_text(
        _AROUND.format(
            folder=folder,
            processes=processes,
            access_log="off",
            # what runs as root may read what the tests keep to themselves; who does not, has no choice
            user="user root;" if os.geteuid() == 0 else "",
        )
    )
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise RuntimeError("nginx is missing: apt-get install nginx")
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE)
    try:
        _wait(process, front.port)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def rendered(folder: Path, front: Front, upstream: str, objects: Path) -> str:
    """The guide's file; raises where it no longer says what is to be replaced."""
    text = CONFIGURATION.read_text()
    replaced = {
        "listen 443 ssl": f"listen 127.0.0.1:{front.port} ssl",
        "listen 80;": f"listen 127.0.0.1:{front.plain_port};",
        "listen 127.0.0.1:8081": f"listen 127.0.0.1:{front.refresh_port}",
        "https://podcasts.example.org": front.url,
        "Host podcasts.example.org": f"Host localhost:{front.port}",
        "podcasts.example.org": "localhost",
        "server 127.0.0.1:8000": f"server {upstream}",
        "/etc/ssl/certs/hearth.pem": str(front.certificate),
        "/etc/ssl/private/hearth.key": str(folder / "hearth.key"),
        "/var/cache/nginx/hearth": str(folder / "cache"),
        "/var/lib/hearth-store/objects/": f"{objects}/",
    }
    for ours, theirs in replaced.items():
        if ours not in text:
            raise RuntimeError(f"docs/deployment/nginx.conf no longer says {ours}")
        text = text.replace(ours, theirs)
    return text


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nginx did not start: {process.stderr.read().decode() if process.stderr else ''}")
