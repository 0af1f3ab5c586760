"""Mutants by place: the same answers as by text, and at least ten times as many a second."""

from __future__ import annotations

from benchmarks.mutants import measured
from heald.orders.grounds import Bounds
from subjects.stronger_than_needed import SOUND


def test_mutants_by_place_are_ten_times_as_many_a_second() -> None:
    (subject,) = (each for each in SOUND if each.name == "refcount/acq-rel")
    found = measured(subject, Bounds())  # asserts that both ways say the same
    assert (found.mutants, found.needed) == (3, 2)
    assert found.times > 10
