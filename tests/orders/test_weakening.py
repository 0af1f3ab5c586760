from __future__ import annotations

from pathlib import Path

import pytest

from heald.orders.weakening import places_in, places_of, unnamed_in, weakened

SOURCE = """\
/* memory_order_release in a comment */
#include <stdatomic.h>
#define PUBLISH memory_order_release // memory_order_acquire
const char *text = "memory_order_seq_cst";
int f(atomic_int *x) {
    atomic_store_explicit(x, 1, PUBLISH);
    atomic_thread_fence(memory_order_seq_cst);
    __atomic_store_n(x, 2, __ATOMIC_SEQ_CST);
    return atomic_load_explicit(x, memory_order_acquire) +
           atomic_load_explicit(x, memory_order_relaxed);
}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "subject.c"
    path.write_text(SOURCE)
    return path


def test_orders_are_found_in_code_and_nowhere_else(source: Path) -> None:
    found = [(place.line, place.order, place.macro) for place in places_in(source)]
    assert found == [
        (3, "release", "PUBLISH"),
        (7, "seq_cst", None),
        (8, "seq_cst", None),
        (9, "acquire", None),
    ]


def test_weakening_changes_one_word_and_keeps_its_spelling(source: Path) -> None:
    first, fence, builtin, _ = places_in(source)
    (change,) = weakened(first)
    assert str(change) == "subject.c:3 PUBLISH: release -> relaxed"
    assert change.applied_to(SOURCE) == SOURCE.replace(
        "H memory_order_release", "H memory_order_relaxed"
    )
    acq_rel, *_ = weakened(fence)
    assert "atomic_thread_fence(memory_order_acq_rel);" in acq_rel.applied_to(SOURCE)
    spelled, *_ = weakened(builtin)
    assert "__atomic_store_n(x, 2, __ATOMIC_ACQ_REL);" in spelled.applied_to(SOURCE)


def test_two_orders_on_one_line_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "cas.c"
    path.write_text("f(&x, &e, 1, memory_order_acq_rel, memory_order_acquire);\n")
    assert [str(place) for place in places_in(path)] == ["cas.c:1:14", "cas.c:1:36"]


def test_a_fence_is_also_removed(tmp_path: Path) -> None:
    path = tmp_path / "fence.c"
    path.write_text(
        "#define PROTECT memory_order_seq_cst\nvoid f(void) { atomic_thread_fence(PROTECT); }\n"
    )
    (place,) = places_of([path], {})
    assert [change.order for change in weakened(place)] == [
        "acq_rel",
        "acquire",
        "release",
        "relaxed",
    ]
    assert list(map(str, weakened(place)))[-1] == (
        "fence.c:1 PROTECT: seq_cst -> relaxed (fence removed)"
    )


def test_orders_of_definitions_are_found(tmp_path: Path) -> None:
    found = places_of([], {"RAISE": "memory_order_release", "SIZE": "4u", "ON": None})
    assert [(str(place), place.order) for place in found] == [("-DRAISE", "release")]


def test_calls_without_an_order_are_counted(source: Path, tmp_path: Path) -> None:
    assert unnamed_in(source) == 0
    path = tmp_path / "plain.c"
    path.write_text("atomic_store(&x, 1); y = atomic_load (&x); // atomic_load(&x)\n")
    assert unnamed_in(path) == 2
