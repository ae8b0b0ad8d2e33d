"""The sandbox against real children that misbehave; each one must end, and end in the right class."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.audio.errors import Cancelled, ChildDied, ChildTimeout, Limit, SandboxBroken
from app.audio.protections import protections
from app.audio.sandbox import MIB, Finished, Job, Limits, run

PYTHON = Path(sys.executable).resolve()
ITS_LIBRARY = (Path(os.__file__).parent, Path(sys.base_prefix) / "lib")


def _python(code: str, folder: Path, **limits: float) -> Job:
    chosen = Limits(**{"cpu_s": 20, "wall_s": 20, **limits})  # type: ignore[arg-type]
    return Job(PYTHON, ("-I", "-S", "-c", code), folder, chosen, readable=ITS_LIBRARY)


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _gone(pid: int) -> bool:
    deadline_s = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return not _alive(pid)


def test_a_child_that_ends_by_itself_gives_its_code_and_words(tmp_path: Path) -> None:
    finished = run(_python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path))

    assert finished == Finished(3, b"out\n", "err")


@pytest.mark.parametrize(
    ("code", "limits", "limit", "killer"),
    [
        ("x = bytearray(600 << 20)", {"memory_bytes": 300 * MIB}, Limit.MEMORY, None),
        ("while True: pass", {"cpu_s": 1}, Limit.CPU, signal.SIGXCPU),
        ("import signal; signal.signal(25, signal.SIG_DFL); open('x', 'wb').write(bytes(3 << 20))",
         {"output_bytes": MIB}, Limit.OUTPUT, signal.SIGXFSZ),
        ("import os; os.abort()", {}, None, signal.SIGABRT),
        ("import ctypes; ctypes.string_at(0)", {}, None, signal.SIGSEGV),
    ],
)  # fmt: skip
def test_a_child_ended_by_a_signal_or_limit_is_named(
    code: str, limits: dict[str, float], limit: Limit | None, killer: int | None, tmp_path: Path
) -> None:
    with pytest.raises(ChildDied) as died:
        run(_python(code, tmp_path, **limits))

    assert (limit, killer) == (died.value.limit, died.value.signal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_whole_service_does_not_end_the_child(number: int, tmp_path: Path) -> None:
    def on_line(line: str) -> None:
        if line.isdigit():
            os.kill(int(line), number)

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(0.3); print('on')"
    finished = run(_python(code, tmp_path), on_line=on_line)

    assert finished.exit_code == 0
    assert finished.output.endswith(b"\non\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_child_that_takes_a_signal_for_a_farewell_has_died(number: int, tmp_path: Path) -> None:
    words = f"[info] Exiting normally, received signal {number}."
    code = f"import sys; print({words!r}, file=sys.stderr); sys.exit(255)"

    with pytest.raises(ChildDied) as died:
        run(_python(code, tmp_path))

    assert (None, number) == (died.value.limit, died.value.signal)


def test_a_farewell_in_the_words_of_the_file_is_none(tmp_path: Path) -> None:
    words = "[info]     comment : [info] Exiting normally, received signal 15."
    code = f"import sys; print({words!r}, file=sys.stderr); sys.exit(1)"

    assert run(_python(code, tmp_path)).exit_code == 1


def test_a_child_that_sleeps_past_its_time_is_killed(tmp_path: Path) -> None:
    pids: list[int] = []

    with pytest.raises(ChildTimeout) as died:
        run(
            _python("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path, wall_s=1),
            on_line=lambda line: pids.append(int(line)),
        )

    assert died.value.limit == Limit.TIME
    assert not _alive(pids[0])


def test_processor_time_is_allowed_only_for_what_was_done(tmp_path: Path) -> None:
    with pytest.raises(ChildTimeout):
        run(_python("while True: pass", tmp_path), allowed_cpu_s=lambda: 0.3)


def test_a_child_that_closed_its_pipes_is_still_watched(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(60)"

    with pytest.raises(ChildTimeout):
        run(_python(code, tmp_path, wall_s=1))


def test_cancelling_kills_the_child(tmp_path: Path) -> None:
    asked = threading.Event()
    pids: list[int] = []

    def on_line(line: str) -> None:
        pids.append(int(line))
        asked.set()

    with pytest.raises(Cancelled):
        run(
            _python("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path),
            on_line=on_line,
            cancelled=asked.is_set,
        )

    assert not _alive(pids[0])


def test_what_a_listener_of_lines_raises_ends_the_child(tmp_path: Path) -> None:
    pids: list[int] = []

    def on_line(line: str) -> None:
        pids.append(int(line))
        raise LookupError(line)

    with pytest.raises(LookupError):
        run(
            _python("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path),
            on_line=on_line,
        )

    assert not _alive(pids[0])


def test_a_flood_of_words_fills_nothing(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(300): sys.stdout.write('x' * 65536); sys.stderr.write('y' * 65536)"

    finished = run(_python(code, tmp_path))

    assert len(finished.output) == 65536
    assert len(finished.words) == 256 * 1024


def test_a_child_dies_when_its_worker_is_killed(tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    assert _alive(child)

    worker.kill()
    worker.wait()
    worker.stdout.close()

    assert _gone(child)


_WORKER = """
import sys
from pathlib import Path
from tests.audio.test_sandbox import _python
from app.audio.sandbox import run
code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
run(_python(code, Path(sys.argv[1]), wall_s=60), on_line=lambda line: print(line, flush=True))
"""


def test_a_worker_that_was_stopped_gives_its_child_the_time_back(tmp_path: Path) -> None:
    code = "import os, time; print('begun', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.02)"
    command = [sys.executable, "-c", _STOPPED, str(tmp_path), code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "begun\n"
        worker.send_signal(signal.SIGSTOP)
        time.sleep(4)
        worker.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        (tmp_path / "go").touch()

        assert worker.communicate(timeout=20)[0] == "ended with 0\n"


_STOPPED = """
import sys
from pathlib import Path
from app.audio.sandbox import run
from tests.audio.test_sandbox import _python
job = _python(sys.argv[2], Path(sys.argv[1]), wall_s=3.5)
print("ended with", run(job, on_line=lambda line: print(line, flush=True)).exit_code)
"""


def test_the_child_knows_nothing_of_the_workers_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_SECRET_KEY", "canary")

    finished = run(_python("import os; print(dict(os.environ), os.getcwd())", tmp_path))

    assert b"canary" not in finished.output
    assert finished.output.endswith(f" {tmp_path}\n".encode())


def test_core_files_new_programs_and_new_rights_are_off(tmp_path: Path) -> None:
    code = (
        "import resource; print([resource.getrlimit(kind) for kind in"
        " (resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)]);"
        "print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    )
    job = _python(code, tmp_path)

    finished = run(Job(job.program, job.arguments, job.folder, job.limits, (*job.readable, Path("/proc"))))

    assert b"[(0, 0), (32, 32)]" in finished.output
    assert b"NoNewPrivs:\\t1" in finished.output


@pytest.fixture
def granted() -> frozenset[str]:
    return protections()


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    hits: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                hits.append(address)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], hits
        stop.set()
        thread.join()


def test_the_child_reaches_no_network(
    tmp_path: Path, listener: tuple[int, list[object]], granted: frozenset[str]
) -> None:
    port, hits = listener
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"

    finished = run(_python(code, tmp_path))

    assert granted & {"network", "calls"}
    assert finished.exit_code == 1
    assert hits == []


def test_the_child_reads_and_writes_nothing_outside_its_folder(
    tmp_path: Path, granted: frozenset[str]
) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "recording.wav").write_bytes(b"canary")
    tries = {
        "read": f"open({str(other / 'recording.wav')!r}).read()",
        "up": "open('../other/recording.wav').read()",
        "list": f"os.listdir({str(other)!r})",
        "write": f"open({str(other / 'new')!r}, 'w')",
        "link": "os.symlink('../other/recording.wav', 'l'), open('l').read()",
    }
    code = "import os, json\nresult = {}\n"
    for name, expression in tries.items():
        code += f"try: {expression}; result[{name!r}] = 'yes'\nexcept OSError: result[{name!r}] = 'no'\n"
    code += "open('mine', 'w').write('x'); print(json.dumps(result))"

    finished = run(_python(code, own))

    expected = "no" if "files" in granted else "yes"
    assert dict.fromkeys(tries, expected) == json.loads(finished.output)
    assert (own / "mine").read_text() == "x"


def test_the_child_starts_no_process_and_signals_nobody(tmp_path: Path, granted: frozenset[str]) -> None:
    code = (
        "import os, threading\n"
        f"for name, call in dict(fork=os.fork, kill=lambda: os.kill({os.getpid()}, 0)).items():\n"
        "    try: call(); print(name, 'yes')\n"
        "    except PermissionError: print(name, 'no')\n"
        "thread = threading.Thread(target=print, args=('thread', 'yes')); thread.start(); thread.join()"
    )

    finished = run(_python(code, tmp_path))

    assert "calls" in granted
    assert finished.output == b"fork no\nkill no\nthread yes\n"


def test_a_program_that_is_not_there_is_the_operators_affair(tmp_path: Path) -> None:
    with pytest.raises(SandboxBroken):
        run(Job(tmp_path / "nothing", (), tmp_path, Limits(cpu_s=5, wall_s=5)))
