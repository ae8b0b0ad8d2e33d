"""How much a web process grows under four uploads of 1 GiB at once, sent as the browser sends them."""

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from app.backends import open_backends
from app.migrate import migrate
from app.settings import PART_BYTES, Settings, read_settings
from app.storage.keys import recording_key
from tests.postgres import free_port


def measure(size_bytes: int = 1024**3, at_once: int = 4) -> dict[str, Any]:
    """Peak growth of the web process in MB, and MB a second."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {
            "HEARTH_DATA": folder,
            "PORT": str(port),
            "HEARTH_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        settings = read_settings(environment)
        migrate(settings.database_url)
        web = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "web"], env={**os.environ, **environment},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(port)
            before = _memory_mb(web.pid)
            peak = [before]
            stopping = threading.Event()
            watcher = threading.Thread(target=_watch, args=(web.pid, peak, stopping))
            watcher.start()
            start_s = time.perf_counter()
            senders = [threading.Thread(target=_send, args=(settings, size_bytes)) for _ in range(at_once)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            took_s = time.perf_counter() - start_s
            stopping.set()
            watcher.join()
        finally:
            web.terminate()
            web.wait()
    return {
        "uploads": at_once,
        "gib_each": round(size_bytes / 1024**3, 2),
        "web_grew_mb": round(peak[0] - before),
        "mb_per_second": round(at_once * size_bytes / 1024**2 / took_s),
    }


def _send(settings: Settings, size_bytes: int) -> None:
    backends = open_backends(settings)
    store = backends.store
    key = recording_key(uuid.uuid4())
    upload = store.begin(key)
    part = os.urandom(PART_BYTES)
    sha256 = hashlib.sha256(part).hexdigest()
    for number in range(1, size_bytes // PART_BYTES + 1):
        address = store.part_address(
            key, upload, number, size_bytes=PART_BYTES, sha256_hex=sha256, expires_in_s=600
        )
        request = urllib.request.Request(
            address.url, data=part, method=address.method, headers=dict(address.headers)
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
    store.abort(key, upload)
    backends.database.dispose()


def _watch(pid: int, peak: list[float], stopping: threading.Event) -> None:
    while not stopping.wait(0.1):
        peak[0] = max(peak[0], _memory_mb(pid))


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the web process is gone")


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/robots.txt", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web process did not start")
