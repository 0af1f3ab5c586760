"""The whole kill matrix at night: every variant under every method, in one run.

``test_transfer.py`` holds, every day, that each flaw is caught by the methods named for it and
that the sound ones survive; here is the rest of the table that docs/zero-copy.md shows.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from heald.faults.matrix import compute, not_as_meant, render
from subjects.transfer import FLAWED, FLAWS, SOUND

NIGHTLY = settings().max_examples > 1000


@pytest.mark.slow
@pytest.mark.skipif(not NIGHTLY, reason="some minutes: --heald-profile nightly")
@pytest.mark.timeout(3600)
def test_the_whole_matrix_is_as_its_authors_say() -> None:
    subjects = [*SOUND, *FLAWED]
    meant = {
        subject.full_name: FLAWS[subject.name][subject.variant].caught_by
        for subject in FLAWED
    }
    matrix = compute(subjects, jobs=len(os.sched_getaffinity(0)), meant=meant)
    assert not_as_meant(matrix, subjects, meant) == [], render(matrix, subjects, meant)
