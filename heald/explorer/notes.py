"""What the engine noticed that limits what a result is worth, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heald.explorer.long_loop import busy_notes, long_loop_notes

UNSEEN_WRITE = "unseen write"
"""The one after which nothing can be trusted to have been seen."""

LIBRARY_WRITE = "library write"
"""The same in a C++ program: all else in it is instrumented, or was refused when it was linked."""

NOTES = {
    LIBRARY_WRITE: (
        "the C++ library wrote to memory without an access that the explorer saw: races "
        "there are not seen, and every execution was run anew because of it"
    ),
    "filled block": (
        "a library without instrumentation wrote to the heap (the C++ library does): races "
        "on what it wrote are not seen"
    ),
    "environment": (
        "the program asks for environment variables (getenv): there are none here, so what "
        "it does with one is not explored"
    ),
    "random numbers": (
        "the program draws random numbers: each thread always draws the same ones, so what "
        "it does with others is not explored"
    ),
    "time": (
        "the program looks at the clock: each look moves it on by twice as much as the one "
        "before, in a loop by a year, so what it does at other times is not explored"
    ),
    "files": (
        "the program opens files: they have what they had when they were first opened, and "
        "what it writes goes nowhere"
    ),
    "input": "the program reads its standard input: it is empty here",
    UNSEEN_WRITE: (
        "memory changed without an access that the explorer saw (inline assembly, or a "
        "library without instrumentation): races there are not seen, and every execution "
        "was run anew because of it"
    ),
    "large block": (
        "a block of the heap is larger than 80 KiB: its bounds and its life are checked, "
        "but not whether its bytes were written before they are read"
    ),
    "rounds": (
        "threads were left that only go round in loops which add and take back: whether they "
        "could help each other out of there, or go round for good, was not found out"
    ),
    "runs on": (
        "a thread never ends, though the program does: what it does was followed for a "
        "while, and not beyond"
    ),
}


def told_notes(counts: Mapping[str, Any], trust: Sequence[str]) -> list[str]:
    """Return what limits the worth of a result, the names that are trusted at the end."""
    return [
        *long_loop_notes(counts),
        *busy_notes(counts),
        *(NOTES[note] for note in counts.get("notes", ())),
        *trusted_notes(trust),
    ]


def trusted_notes(trust: Sequence[str]) -> list[str]:
    """Say of each name that is trusted what that means."""
    return [f"{name} is trusted: what it does to memory was not seen" for name in trust]
