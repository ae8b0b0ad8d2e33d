"""The last Python before a hostile file is opened: it gives up every right, then becomes the program.

It is a program of its own (`python -I -S launcher.py SPEC`) because the worker has many threads, where code
between fork and exec is unsafe. It must import nothing but the standard library. Landlock and seccomp are
spoken in the kernel's own words: they need no rights and no package; where they do not exist the child does
without. The order matters: the namespace before the process limit, the parent's death after every change of
rights (prctl(2)), no new privileges before Landlock and seccomp, seccomp last.
"""

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import struct
import sys
from typing import Any

CANNOT_START = 126
"""Exit code when the program could not be started (as a shell says it)."""

_REQUESTS_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CLONE_NEWIPC = 0x08000000

_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT = 444, 445, 446  # the same on every processor
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | (1 << 14)
_SYSTEM_LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
)

_PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: number on x86_64, number on aarch64 (None: it does not exist there)
_FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
# allowed on the process itself, whose number is the first argument, or 0 where the call takes it for that
_ONLY_ON_ITSELF = {"tgkill": (234, 131), "prlimit64": (302, 261)}
_CLONE_THREAD = 0x00010000

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUALS, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_PR_SET_SECCOMP, _FILTER = 22, 2


def become(spec: dict[str, Any]) -> None:
    """Give up rights as `spec` says and become the program; never returns.

    `spec`: program, arguments, folder, parent (its process id), readable (paths), memory_bytes, cpu_s,
    output_bytes, open_files, processes. Safe to call in a forked child of a process with one thread.
    Signals that ask to end are held back for good: one to all processes of a service is meant for the
    worker, with which the program dies anyway; a mask outlives execve(2), a handler would not.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS_TO_END)
    try:
        give_up_rights(spec)
        # no shell: a list of arguments, and an empty environment
        os.execve(spec["program"], [spec["program"], *spec["arguments"]], {})  # noqa: S606  # nosec B606
    except OSError as error:
        sys.stderr.write(f"launcher: {error}\n")
        sys.stderr.flush()
        os._exit(CANNOT_START)


def give_up_rights(spec: dict[str, Any]) -> list[str]:
    """The names of the protections that the kernel granted: network, files, calls."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.chdir(spec["folder"])
    granted = []
    own_namespace = _leave_network(libc)
    if own_namespace:
        granted.append("network")
    _set_limits(spec, own_namespace=own_namespace)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no-new-privileges was refused")
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != spec["parent"]:  # the parent died before the line above
        os._exit(CANNOT_START)
    if _keep_to_folder(libc, spec["folder"], [spec["program"], *spec["readable"]]):
        granted.append("files")
    if _forbid_calls(libc):
        granted.append("calls")
    return granted


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Into an empty network of its own; False where the kernel or a container forbids it."""
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0)


def _set_limits(spec: dict[str, Any], *, own_namespace: bool) -> None:
    wanted = {
        resource.RLIMIT_AS: spec["memory_bytes"],
        resource.RLIMIT_CPU: spec["cpu_s"] + 1,
        resource.RLIMIT_FSIZE: spec["output_bytes"],
        resource.RLIMIT_NOFILE: spec["open_files"],
        resource.RLIMIT_CORE: 0,
        # threads of the program take their stack's address space from this
        resource.RLIMIT_STACK: 1 << 20,
    }
    if own_namespace:  # elsewhere it would count every thread of the worker's user
        wanted[resource.RLIMIT_NPROC] = spec["processes"]
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # a second between the warning, which names the limit, and the kill
        soft = ceiling if kind != resource.RLIMIT_CPU else max(1, ceiling - 1)
        resource.setrlimit(kind, (soft, ceiling))


def _keep_to_folder(libc: ctypes.CDLL, folder: str, readable: list[str]) -> bool:
    """Only `folder` may be written, only it, `readable` and system libraries read; False without Landlock.

    Where the kernel knows it (Landlock 4 and 6) TCP, abstract sockets and signals to others end here too.
    """
    version = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    rights = (1 << 13) - 1
    rights |= 1 << 13 if version >= 2 else 0  # refer
    rights |= 1 << 14 if version >= 3 else 0  # truncate
    rights |= 1 << 15 if version >= 5 else 0  # ioctl on devices
    net = 3 if version >= 4 else 0
    scoped = 3 if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = struct.pack("=QQQ", rights, net, scoped)[:size]
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, size, 0)
    if ruleset < 0:
        return False
    _allow(libc, ruleset, folder, rights & ~_EXECUTE)
    for path in (*readable, *_SYSTEM_LIBRARIES):
        _allow(libc, ruleset, path, _READ)
    restricted = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return restricted


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:  # not every system has every library folder
        return
    if not os.path.isdir(path):  # noqa: PTH112  # pathlib would double the launcher's start-up
        rights &= _FILE_RIGHTS
    rule = struct.pack("=Qi", rights, handle)
    done = libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0) == 0
    os.close(handle)
    if not done:
        raise OSError(ctypes.get_errno(), "Landlock refused a rule")


def _forbid_calls(libc: ctypes.CDLL) -> bool:
    """No sockets, no new processes, no hold on others; threads stay allowed. False if impossible."""
    processor = platform.machine()
    if processor not in _PROCESSORS:
        return False
    program = _filter(list(_PROCESSORS).index(processor), _PROCESSORS[processor], os.getpid())
    instructions = ctypes.create_string_buffer(program, len(program))
    pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, pointer, 0, 0) == 0)


def _filter(column: int, architecture: int, own_pid: int) -> bytes:
    """The seccomp program; in seccomp_data the number is at 0, the architecture at 4, arguments from 16."""

    def line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    denied = line(_RETURN, _ERRNO | errno.EPERM)
    lines = [line(_LOAD, 4), line(_EQUALS, architecture, 1, 0), line(_RETURN, _KILL), line(_LOAD, 0)]
    # numbers of the x32 interface would go round the table
    lines += [line(_AT_LEAST, 0x40000000, 0, 1), denied]
    for numbers in _FORBIDDEN.values():
        number = numbers[column]
        if number is not None:
            lines += [line(_EQUALS, number, 0, 1), denied]
    # the C library falls back from clone3 to clone, whose flags can be seen
    lines += [line(_EQUALS, _CLONE3[column], 0, 1), line(_RETURN, _ERRNO | errno.ENOSYS)]
    lines += [
        line(_EQUALS, _CLONE[column], 0, 4),
        line(_LOAD, 16),
        line(_ANY_BIT, _CLONE_THREAD, 1, 0),
        denied,
    ]
    lines += [line(_RETURN, _ALLOW)]
    # abort() signals the process itself, and the C library reads its own limits
    for numbers in _ONLY_ON_ITSELF.values():
        lines += [line(_EQUALS, numbers[column], 0, 5), line(_LOAD, 16)]
        lines += [line(_EQUALS, own_pid, 2, 0), line(_EQUALS, 0, 1, 0), denied, line(_RETURN, _ALLOW)]
    lines += [line(_RETURN, _ALLOW)]
    return b"".join(lines)


def main() -> None:
    """Become the program of the one argument; with `"report": true` only print what the kernel grants."""
    spec = json.loads(sys.argv[1])
    if spec.get("report"):
        sys.stdout.write(json.dumps(give_up_rights(spec)))
        return
    become(spec)


if __name__ == "__main__":
    main()
