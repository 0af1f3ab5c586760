"""A sound transfer called flawed is never caught, however slow the machine makes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from heald.faults import matrix
from heald.faults.stillness import Look, Stillness
from subjects import transfer

SOUND = [each.subject for each in transfer.TARGETS if each.expected == "sound"]


@pytest.fixture
def loaded() -> Iterator[None]:
    """One processor for the test and more work beside it; the others are left alone."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    spin = "while True: pass"
    burner = subprocess.Popen([sys.executable, "-c", spin])
    yield
    burner.kill()
    burner.wait()
    os.sched_setaffinity(0, mine)


@pytest.mark.slow
@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("subject", SOUND, ids=[each.name for each in SOUND])
def test_sound_transfer_called_flawed_is_never_caught(
    subject: transfer.TransferSubject,
) -> None:
    called = replace(subject, expected="flawed")
    found = matrix.compute([called], still_s=0.5)
    caught = {
        how: found.cells[who, how].failures[0].explain()
        for who, how in found.cells
        if found.caught(who, how)
    }
    assert caught == {}


def looks(stillness: Stillness, *seen: tuple[float, int, float, bool]) -> list[bool]:
    return [
        stillness.is_still(now, Look((moved, moved), cpu_s, asleep))
        for now, moved, cpu_s, asleep in seen
    ]


@pytest.mark.parametrize(
    ("seen", "still"),
    [
        ([(0, 5, 0.0, True), (1.1, 5, 0.0, True)], True),
        ([(0, 5, 0.0, False), (1.1, 5, 1.0, False)], True),
        ([(0, 5, 0.0, True), (1.1, 5, 0.3, True)], False),
        ([(0, 5, 0.0, True), (0.9, 5, 0.0, True)], False),
        ([(0, 5, 0.0, True), (1.1, 6, 0.0, True)], False),
        ([(0, 5, 0.0, True), (0.9, 6, 0.0, True), (1.8, 6, 0.0, True)], False),
        ([(0, 5, 0.0, True), (0.5, 5, 0.1, False), (1.1, 5, 0.1, True)], False),
    ],
    ids=["sleeps", "spins", "works", "not for long", "moves", "moved", "starves"],
)
def test_only_what_moves_nothing_and_had_its_chance_is_still(
    seen: list[tuple[float, int, float, bool]], still: bool
) -> None:
    assert looks(Stillness(1.0, looks=1), *seen)[-1] is still


def test_machine_that_stood_still_itself_is_no_hang() -> None:
    looked = looks(Stillness(1.0), (0, 5, 0.0, True), (9, 5, 0.0, True))
    assert looked == [False, False]
    often = [(at / 4, 5, 0.0, True) for at in range(8)]
    assert looks(Stillness(1.0), *often)[5:] == [False, True, True]
