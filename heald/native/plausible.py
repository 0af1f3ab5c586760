"""What a run recorded, looked at before any of it is believed.

The recorder lies in the memory of the process that runs the subject, so a wild write may
change it. What no run can have written is then a finding of its own, and nothing else that
the process left behind counts.
"""

from __future__ import annotations

from typing import Any

from heald.native import shared

_SAMPLES_PER_S = 10_000_000_000  # far above what any processor can do
_PHASE = 56


def implausible(
    recorder: Any,
    memory: memoryview,
    *,
    seed: int,
    seconds: float,
    width: int,
    threads: int,
) -> str | None:
    """Return what cannot be true of a run that has ended; ``None`` if all can.

    Parameters
    ----------
    seed, seconds
        Of the run: what was asked for, and how long it took.
    width, threads
        Slots of an outcome, threads of the scenario.
    """
    most = int(_SAMPLES_PER_S * (seconds + 1.0))
    here = (recorder.magic, recorder.abi, *recorder.sizes)
    if here != (shared.MAGIC, shared.ABI, *shared.sizes()):
        return "its header"
    claims = {
        "its state": (recorder.state, range(shared.READY, shared.REFUSED + 1)),
        "the seed": (recorder.seed, (0, seed)),
        "the width of an outcome": (recorder.slot_count, (0, width)),
        "how the process died": (recorder.crash.death, range(4)),
        "who sent the signal": (recorder.crash.origin, range(4)),
        "the thread that died": (recorder.crash.thread, range(threads + 1)),
        "the number of samples": (recorder.samples, range(most)),
        "the samples not counted": (recorder.uncounted, range(most)),
        "the samples of the power check": (recorder.power_samples, range(most)),
        "the updates lost in the power check": (
            recorder.power_lost,
            range(16 * (recorder.power_samples + 1)),
        ),
        "the samples looked at": (recorder.probes, range(most)),
        "the samples that overlapped": (
            recorder.overlapped,
            range(recorder.probes + 1),
        ),
    }
    for number, record in enumerate(recorder.threads[:threads], 1):
        phase = record.position >> _PHASE
        claims[f"the position of thread {number}"] = (phase, range(len(shared.PHASES)))
    for name, (claimed, allowed) in claims.items():
        if claimed not in allowed:
            return f"{name} ({claimed})"
    counted = 0
    for count, slots in shared.read_entries(recorder, memory, width):
        counted += count
        if counted > most or slots[0] not in (0, 1):
            return "the outcomes"
    return None
