"""The memory shared with the process that runs a subject, as Python sees it.

Mirrors ``csrc/include/heald/stress.h``; the host writes the sizes it was compiled with,
and ``check_layout`` compares. What is read here may have been scribbled over by the
subject: numbers are taken as claims, and bounded before they are used.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from ctypes import c_char, c_int32, c_int64, c_uint32, c_uint64

from heald.native.settings import Settings
from heald.subject.layout import Layout
from heald.verdicts import EngineError, UsageError

MAGIC, ABI = 0x68656C64, 1
THREADS, OPERATIONS, FRAMES, MODULES = 16, 128, 40, 48
REQUEST_OFFSET, OUTCOMES_OFFSET = 128 << 10, 384 << 10
SHARED_BYTES = 4 << 20

READY, POWER, RUNNING, DONE, REFUSED = 1, 2, 3, 4, 5
BY_SIGNAL, BY_EXIT, OUT_OF_BOUNDS = 1, 2, 3
BY_FAULT, BY_ITSELF, BY_TIMER, BY_ANOTHER = 0, 1, 2, 3
TUNE, HISTORY, CHECK_POWER = 1, 2, 4

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


class CSettings(ctypes.Structure):
    """``struct stress_settings``."""

    _fields_ = [
        (name, c_uint32)
        for name in (
            "stride",
            "layout",
            "shuffled",
            "skew",
            "jitter",
            "placement",
            "load",
            "blocks",
        )
    ]

    def settings(self) -> Settings | None:
        """Return the settings; ``None`` where they make no sense."""
        try:
            return Settings(*(getattr(self, name) for name, *_ in self._fields_))
        except UsageError:
            return None


class Frames(ctypes.Structure):
    """``struct stress_frames``: return addresses, innermost first."""

    _fields_ = [
        ("count", c_uint32),
        ("unused", c_uint32),
        ("address", c_uint64 * FRAMES),
    ]

    def addresses(self) -> list[int]:
        """Return what was published."""
        return list(self.address[: min(self.count, FRAMES)])


class ThreadRecord(ctypes.Structure):
    """``struct stress_thread_record``; its parts lie 128 bytes apart."""

    _fields_ = [
        ("position", c_uint64),
        ("apart", c_char * 120),
        ("tid", c_int32),
        ("unused", c_uint32),
        ("dump", Frames),
        ("tail", c_char * (384 - 8 - 8 - FRAMES * 8)),
    ]


class Broken(ctypes.Structure):
    """``struct stress_broken``: the first sample whose invariant did not hold."""

    _fields_ = [
        ("count", c_uint64),
        ("complete", c_uint32),
        ("unused", c_uint32),
        ("slots", c_int64 * 120),
    ]


class Crash(ctypes.Structure):
    """``struct stress_crash``."""

    _fields_ = [
        ("death", c_uint32),
        ("number", c_int32),
        ("code", c_int32),
        ("system_call", c_int32),
        ("thread", c_uint32),
        ("origin", c_uint32),
        ("address", c_uint64),
        ("data_bytes", c_uint64),
        ("frames", Frames),
    ]


class Module(ctypes.Structure):
    """``struct stress_module``: where a shared object was loaded."""

    _fields_ = [("base", c_uint64), ("end", c_uint64), ("path", c_char * 240)]


class OperationRecord(ctypes.Structure):
    """``struct stress_operation_record``."""

    _fields_ = [("name", c_char * 56), ("arguments", c_uint32), ("results", c_uint32)]


class Recorder(ctypes.Structure):
    """``struct stress_recorder``: the flight recorder."""

    _fields_ = [
        ("magic", c_uint32),
        ("abi", c_uint32),
        ("sizes", c_uint32 * 4),
        ("state", c_uint32),
        ("stop", c_uint32),
        ("pid", c_int32),
        ("processors", c_uint32),
        ("operation_count", c_uint32),
        ("module_count", c_uint32),
        ("seed", c_uint64),
        ("round", c_uint32),
        ("power_threads", c_uint32),
        ("settings", CSettings),
        ("best", CSettings),
        ("samples", c_uint64),
        ("race_ns", c_uint64),
        ("run_ns", c_uint64),
        ("power_ns", c_uint64),
        ("power_samples", c_uint64),
        ("power_lost", c_uint64),
        ("probes", c_uint64),
        ("overlapped", c_uint64),
        ("uncounted", c_uint64),
        ("slot_count", c_uint32),
        ("entry_count", c_uint32),
        ("clock", c_uint32),
        ("arms", c_uint32),
        ("broken", Broken),
        ("crash", Crash),
        ("apart", c_char * 104),
        ("threads", ThreadRecord * THREADS),
        ("operations", OperationRecord * OPERATIONS),
        ("modules", Module * MODULES),
        ("error", c_char * 512),
    ]


class Request(ctypes.Structure):
    """``struct stress_request``."""

    _fields_ = [
        ("flags", c_uint32),
        ("threads", c_uint32),
        ("result_count", c_uint32),
        ("call_count", c_uint32),
        ("argument_count", c_uint32),
        ("unused", c_uint32),
        ("seed", c_uint64),
        ("budget_ns", c_uint64),
        ("power_ns", c_uint64),
        ("sample_max", c_uint64),
        ("settings", CSettings),
    ]


def sizes() -> list[int]:
    """Return what the host writes to ``Recorder.sizes``, as this file has it."""
    return [
        ctypes.sizeof(Recorder),
        ctypes.sizeof(Request),
        Recorder.threads.offset,
        ctypes.sizeof(ThreadRecord),
    ]


def check_layout(recorder: Recorder) -> None:
    """Compare the host's idea of the shared memory with this file's.

    Raises
    ------
    EngineError
        Where they differ: ``shared.py`` and ``stress.h`` have drifted apart.
    """
    here = sizes()
    there = list(recorder.sizes)
    if (recorder.magic, recorder.abi) != (MAGIC, ABI) or here != there:
        raise EngineError(
            f"the stress host's memory (version {recorder.abi}, sizes {there}) is not "
            f"what heald/native/shared.py expects (version {ABI}, sizes {here})"
        )


def clear_run(recorder: Recorder) -> None:
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
            _padded(struct.pack(f"={len(layout.lengths)}I", *layout.lengths)),
            _padded(struct.pack(f"={len(numbers)}I", *numbers)),
            struct.pack(f"={len(layout.arguments)}q", *layout.arguments),
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
    recorder: Recorder, memory: memoryview, width: int
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
    for _, count, *slots in struct.iter_unpack(f"=QQ{width}q", area):
        if count > 0:
            yield count, tuple(slots)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 8)
