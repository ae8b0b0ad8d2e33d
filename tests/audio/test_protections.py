"""What seccomp alone denies a child, and what is said where the kernel lacks a protection."""

import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.audio import launcher
from app.audio.errors import ChildDied
from app.audio.protections import ALL, in_words
from app.audio.sandbox import run
from tests.audio.test_sandbox import _python

TOUCHING_OTHERS = {
    "kill": "pid, 0",
    "tkill": "pid, 0",
    "tgkill": "pid, pid, 0",
    "rt_sigqueueinfo": "pid, 0, info",
    "rt_tgsigqueueinfo": "pid, pid, 0, info",
    "pidfd_open": "pid, 0",
    "pidfd_getfd": "0, 0, 0",
    "pidfd_send_signal": "0, 0, None, 0",
    "prlimit64": "pid, 0, None, info",
    "ptrace": "16, pid, 0, 0",
    "process_vm_readv": "pid, None, 0, None, 0, 0",
    "process_vm_writev": "pid, None, 0, None, 0, 0",
    "process_madvise": "0, None, 0, 0, 0",
    "kcmp": "pid, pid, 0, 0, 0",
    "move_pages": "pid, 0, None, None, None, 0",
    "migrate_pages": "pid, 0, None, None",
    "setpriority": "0, pid, 1",
    "ioprio_set": "1, pid, 0",
    "sched_setparam": "pid, info",
    "sched_setscheduler": "pid, 0, info",
    "sched_setattr": "pid, info, 0",
    "sched_setaffinity": "pid, 8, info",
    "open_by_handle_at": "0, None, 0",
}
_SECCOMP_ALONE = """
import ctypes, platform, sys
from app.audio import launcher
libc = ctypes.CDLL(None, use_errno=True)
column = list(launcher._PROCESSORS).index(platform.machine())
libc.prctl(launcher._PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
assert launcher._forbid_calls(libc)
pid, info = int(sys.argv[1]), ctypes.create_string_buffer(128)
"""


@pytest.mark.skipif(platform.machine() not in launcher._PROCESSORS, reason="we know no numbers for it")
def test_where_there_is_no_landlock_the_child_has_no_hold_on_others_either() -> None:
    code = _SECCOMP_ALONE
    for name, arguments in TOUCHING_OTHERS.items():
        table = "_ONLY_ON_ITSELF" if name in launcher._ONLY_ON_ITSELF else "_FORBIDDEN"
        code += f"result = libc.syscall(launcher.{table}[{name!r}][column], {arguments})\n"
        code += f"if (result, ctypes.get_errno()) != (-1, 1): print({name!r}, result, ctypes.get_errno())\n"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        command = [sys.executable, "-c", code, str(other.pid)]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        other.kill()

    assert (finished.stdout, finished.stderr) == ("", "")


def test_a_child_still_reads_its_own_limits_and_may_abort(tmp_path: Path) -> None:
    code = (
        "import os, resource, threading; resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE);"
        "resource.getrlimit(resource.RLIMIT_CPU); print('read', flush=True); os.abort()"
    )
    lines: list[str] = []

    with pytest.raises(ChildDied) as died:
        run(_python(code, tmp_path), on_line=lines.append)

    assert (lines, died.value.signal) == (["read"], signal.SIGABRT)


def test_what_this_kernel_does_not_grant_is_said_in_words() -> None:
    assert in_words(ALL) == "Recordings are opened without any right that they do not need."
    assert "Landlock" in in_words(frozenset({"network", "calls"}))
    assert "Landlock" not in in_words(frozenset({"files", "calls"}))
    assert in_words(frozenset({"files", "calls"})).endswith("Sockets are refused all the same.")
    assert in_words(frozenset()).count(";") == 2
