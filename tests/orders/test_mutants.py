"""Mutants are copies, of headers too, that compile; what cannot be one says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heald import Subject
from heald.orders.mutants import candidates, local_files
from tests.mutation.flag import flag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flag")


@pytest.fixture(scope="module")
def subject(folder: Path) -> Subject:
    return flag(folder)


def test_headers_that_are_found_by_an_option_are_part_of_the_subject(
    subject: Subject, folder: Path
) -> None:
    assert local_files(subject) == [
        folder / "flag.c",
        folder / "include" / "flag.h",
        folder / "include" / "marker.h",
    ]


def test_each_order_is_a_mutant_or_says_why_not(subject: Subject) -> None:
    found = {str(c.change).rpartition("/")[2]: c for c in candidates(subject)}
    assert {name: c.sort for name, c in found.items()} == {
        "flag.c:5:67: seq_cst -> acq_rel": "absent",
        "flag.c:15:25: seq_cst -> acq_rel": "mutant",
        "flag.c:15:25: seq_cst -> relaxed (fence removed)": "mutant",
        "flag.h:3 RAISE: release -> relaxed": "mutant",
        "-DSEE: acquire -> relaxed": "mutant",
    }


def test_the_compiler_rejects_what_an_operation_cannot_have(tmp_path: Path) -> None:
    subject = flag(tmp_path, RAISE="memory_order_seq_cst", SEE="memory_order_seq_cst")
    sorts = {
        (c.change.place.macro, c.change.order): (c.sort, c.why)
        for c in candidates(subject)
        if c.change.place.file is None
    }
    assert {key: sort for key, (sort, _) in sorts.items()} == {
        ("RAISE", "acq_rel"): "rejected",
        ("RAISE", "acquire"): "rejected",
        ("RAISE", "release"): "mutant",
        ("SEE", "acq_rel"): "rejected",
        ("SEE", "acquire"): "mutant",
        ("SEE", "release"): "rejected",
    }
    # gcc says "invalid memory model", clang "memory order argument ... is invalid"
    assert re.search(r"memory (model|order).*", sorts["RAISE", "acquire"][1])


def test_the_users_files_stay_as_they_are(subject: Subject, folder: Path) -> None:
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    mutants = [c.subject for c in candidates(subject) if c.subject is not None]
    assert mutants
    assert before == {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert all(not m.sources[0].is_relative_to(folder) for m in mutants)
