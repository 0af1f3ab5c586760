"""The memory shared with the process that runs a subject, as Python sees it.

The structs are those of ``csrc/include/heald/stress.h``; the host writes the sizes it was
compiled with, and ``check_layout`` compares. What is read here may have been scribbled over by the
subject: numbers are taken as claims, and bounded before they are used.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterator
from typing import Any

from heald.building.interfaces import constants, structure
from heald.native.settings import Settings
from heald.subject.layout import Layout
from heald.verdicts import EngineError, UsageError

_C = constants("stress")
MAGIC, ABI = _C["STRESS_MAGIC"], _C["STRESS_ABI"]
THREADS, FRAMES, MODULES = (
    _C[f"STRESS_{what}"] for what in ("THREADS", "FRAMES", "MODULES")
)
REQUEST_OFFSET, OUTCOMES_OFFSET = (
    _C["STRESS_REQUEST_OFFSET"],
    _C["STRESS_OUTCOMES_OFFSET"],
)
SHARED_BYTES = 4 << 20

READY, RUNNING, DONE, REFUSED = (
    _C[f"STRESS_{state}"] for state in ("READY", "RUNNING", "DONE", "REFUSED")
)
BY_SIGNAL, BY_EXIT, OUT_OF_BOUNDS = (
    _C[f"STRESS_{death}"] for death in ("BY_SIGNAL", "BY_EXIT", "OUT_OF_BOUNDS")
)
BY_FAULT, BY_ITSELF, BY_TIMER, BY_ANOTHER = (
    _C[f"STRESS_BY_{origin}"] for origin in ("FAULT", "ITSELF", "TIMER", "ANOTHER")
)
TUNE, HISTORY, CHECK_POWER = (
    _C[f"STRESS_{flag}"] for flag in ("TUNE", "HISTORY", "CHECK_POWER")
)

PHASES = (
    "idle",
    "init",
    "before",
    "race",
    "waiting",
    "after",
    "is_valid",
    "fini",
    "settle",
    "loading",
)
"""What a thread is about to do, by number."""


class _Settings:
    """``struct stress_settings``, with what it means."""

    def settings(self) -> Settings | None:
        """Return the settings; ``None`` where they make no sense."""
        try:
            return Settings(*(getattr(self, name) for name, _ in CSettings._fields_))
        except UsageError:
            return None


class _Frames:
    """``struct stress_frames``: return addresses, innermost first."""

    count: int
    address: list[int]

    def addresses(self) -> list[int]:
        """Return what was published."""
        return list(self.address[: min(self.count, FRAMES)])


def _struct(tag: str, also: type | None = None, *inner: Any) -> Any:
    known = {each.__name__: each for each in inner}
    return structure("stress", f"stress_{tag}", also=also, **known)


CSettings = _struct("settings", _Settings)
Frames = _struct("frames", _Frames)
ThreadRecord = _struct("thread_record", None, Frames)
Request = _struct("request", None, CSettings)
Recorder = _struct(
    "recorder",
    None,
    *(CSettings, ThreadRecord, _struct("broken"), _struct("crash", None, Frames)),
    *(_struct("module"), _struct("operation_record")),
)


def sizes() -> list[int]:
    """Return what the host writes to ``Recorder.sizes``, as this file has it."""
    return [
        ctypes.sizeof(Recorder),
        ctypes.sizeof(Request),
        Recorder.threads.offset,
        ctypes.sizeof(ThreadRecord),
    ]


def check_layout(recorder: Any) -> None:
    """Compare the host's idea of the shared memory with this file's.

    Raises
    ------
    EngineError
        Where they differ: the host was made from another ``stress.h``.
    """
    here = sizes()
    there = list(recorder.sizes)
    if (recorder.magic, recorder.abi) != (MAGIC, ABI) or here != there:
        raise EngineError(
            f"the stress host's memory (version {recorder.abi}, sizes {there}) is not "
            f"what heald/native/shared.py expects (version {ABI}, sizes {here})"
        )


def clear_run(recorder: Any) -> None:
    """Forget the run before; what the host recorded when it loaded the subject stays."""
    address = ctypes.addressof(recorder)
    begin, end = Recorder.seed.offset, Recorder.operations.offset
    ctypes.memset(address + begin, 0, end - begin)
    recorder.error = b""
    recorder.stop = 0
    recorder.pid = 0
    recorder.state = READY


def pack_request(
    layout: Layout,
    *,
    flags: int,
    seed: int,
    budget_ns: int,
    power_ns: int,
    sample_max: int,
    settings: Settings,
) -> bytes:
    """Write a request with its tables, as ``stress.h`` lays them out.

    Raises
    ------
    UsageError
        If the scenario is larger than the area for it, or has too many threads.
    """
    if not 1 <= layout.threads <= THREADS:
        raise UsageError(f"a scenario has 1 to {THREADS} threads; got {layout.threads}")
    header = Request(
        flags=flags,
        threads=layout.threads,
        result_count=layout.result_count,
        call_count=len(layout.calls),
        argument_count=len(layout.arguments),
        seed=seed % 2**64,
        budget_ns=budget_ns,
        power_ns=power_ns,
        sample_max=sample_max,
        settings=CSettings(*settings.to_json().values()),
    )
    numbers = [number for call in layout.calls for number in call]
    packed = b"".join(
        (
            bytes(header),
            _padded(array("I", layout.lengths).tobytes()),
            _padded(array("I", numbers).tobytes()),
            array("q", layout.arguments).tobytes(),
        )
    )
    room = OUTCOMES_OFFSET - REQUEST_OFFSET
    if len(packed) > room:
        raise UsageError(
            f"the scenario is too large: {len(layout.calls)} calls with "
            f"{len(layout.arguments)} arguments take {len(packed)} bytes of {room}"
        )
    return packed


def read_entries(
    recorder: Any, memory: memoryview, width: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield (count, slots) per distinct outcome seen so far; safe while a run goes on.

    Parameters
    ----------
    width
        Slots of an outcome; nothing is yielded where the recorder says otherwise.
    """
    size = 16 + 8 * width
    room = len(memory) - OUTCOMES_OFFSET
    if recorder.slot_count != width or size > room:
        return
    entries = min(recorder.entry_count, room // size)
    area = memory[OUTCOMES_OFFSET : OUTCOMES_OFFSET + entries * size]
    numbers = area.cast("q")
    for entry in range(0, len(numbers), 2 + width):  # hash, count, slots
        _, count, *slots = numbers[entry : entry + 2 + width]
        if count > 0:
            yield count, tuple(slots)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)
