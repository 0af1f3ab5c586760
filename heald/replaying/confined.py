"""The Python that a stranger's capsule carries runs in a process that can write nowhere.

What it starts (a compiler, a runner) inherits that: only the cache of compiled things and one
scratch folder can be written to, no connection is made, nobody outside is signalled. The kernel
holds it (Landlock); an older one does not. Reading is not restricted.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from heald import deadline
from heald.building.cache import cache_directory
from heald.capsule import Capsule
from heald.deadline import OutOfTime
from heald.finding import Finding
from heald.replaying.result import Replay
from heald.stop import Stop
from heald.targets.isolated import Isolated
from heald.verdicts import EngineError, UsageError, Verdict

#: Transfers between these need mounts, which a confined process cannot make.
_MOUNTED = frozenset({"FUSE", "LIAR", "FULL", "DISK"})
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_ONLY = 1
_BENEATH = 1
_NO_NEW_PRIVS = 38
#: Writing to a file, cutting it; the first that a rule for a single file can name.
_WRITE, _TRUNCATE = 1 << 1, 1 << 14
#: Removing and making whatever there is: bits 4 to 12; moving between folders.
_CHANGE, _REFER = sum(1 << bit for bit in range(4, 13)), 1 << 13
_TCP = 0b11
_SCOPES = 0b11  # abstract sockets, signals
_MACHINES = ("x86_64", "aarch64")


def can_confine() -> bool:
    """Whether the kernel can hold a process to this."""
    return _version() > 0


def needs_mounts(capsule: Capsule) -> bool:
    """Whether the replay mounts a file system, which no confined process can."""
    case = capsule.settings.get("case")
    ends = {case.get("source"), case.get("sink")} if isinstance(case, dict) else set()
    return bool(ends & _MOUNTED)


def replay_confined(
    replay: Callable[[Capsule, float], Replay],
    capsule: Capsule,
    budget_s: float,
    *,
    patience_s: float,
) -> Replay:
    """Replay in a child that can write nowhere; what it says comes back as plain data.

    Raises
    ------
    UsageError, EngineError
        What the child raised, or that it came to no end.
    """
    with tempfile.TemporaryDirectory(prefix="heald-confined-") as scratch:

        def work(_stop: Stop) -> dict[str, Any]:
            os.environ["TMPDIR"] = tempfile.tempdir = scratch
            confine([cache_directory(), Path(scratch)], tcp=capsule.check == "transfer")
            return _told(replay(capsule, budget_s))

        ended = Isolated(work).wait(budget_s + patience_s)
    if ended.how == "engine error":
        raise EngineError(ended.message.removeprefix("engine bug: "))
    if ended.how == "killed" and deadline.left_s() == 0.0:
        raise OutOfTime(ended.message)
    if ended.how != "result" or not isinstance(ended.data, dict):
        raise UsageError(ended.message or "the replay of the capsule came to no end")
    return _heard(ended.data)


def confine(folders: Sequence[Path], *, tcp: bool = False) -> None:
    """Let this process and all that it starts write below these folders only, for good."""
    version = _version()
    if version < 1:
        return
    rights = _WRITE | _CHANGE
    rights |= (_REFER if version > 1 else 0) | (_TRUNCATE if version > 2 else 0)
    nets = _TCP if version > 3 and not tcp else 0
    scopes = _SCOPES if version > 5 else 0
    words = struct.pack("=QQQ", rights, nets, scopes)
    size = 24 if version > 5 else 16 if version > 3 else 8
    rules = _call(_CREATE, words[:size], size, 0)
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            _allow(rules, folder, rights)
        _allow(rules, Path(os.devnull), rights & (_WRITE | _TRUNCATE))
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(_ADD, rules, _BENEATH, struct.pack("=Qi", rights, opened), 0)
    finally:
        os.close(opened)


def _version() -> int:
    if platform.machine() not in _MACHINES:
        return 0
    version: int = ctypes.CDLL(None).syscall(_CREATE, None, 0, _VERSION_ONLY)
    return max(version, 0)


def _call(*arguments: Any) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    done: int = library.syscall(*arguments)
    if done < 0:
        error = ctypes.get_errno()
        raise EngineError(f"cannot confine the replay: {os.strerror(error)}")
    return done


def _told(replayed: Replay) -> dict[str, Any]:
    finding = replayed.finding
    return {
        **replayed.to_json(),
        "finding": None if finding is None else finding.to_json(),
        "shown": [dict(each) for each in replayed.shown],
    }


def _heard(said: dict[str, Any]) -> Replay:
    finding = said["finding"]
    return Replay(
        verdict=Verdict(said["verdict"]),
        failures=int(said["failures"]),
        samples=int(said["samples"]),
        seconds=float(said["seconds"]),
        changed={str(key): str(value) for key, value in dict(said["changed"]).items()},
        finding=None if finding is None else Finding.from_json(finding),
        other_kinds={str(k): int(v) for k, v in dict(said["other_kinds"]).items()},
        message=str(said["message"]),
        shown=tuple(said["shown"]),
    )
