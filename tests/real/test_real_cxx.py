"""Queues and locks of C++ libraries as Debian packages them, unmodified, from short drivers.

Each passes under the models it is right for, with two planted faults that are caught: most often an
item touched after it was given away, and the misuse that the manual warns of. What is not
installed is skipped by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict

HERE = Path(__file__).resolve().parent
MODELS = ("sc", "tso", "rc11")
RC11 = frozenset({"rc11"})
EVERYWHERE = frozenset(MODELS)


@dataclass(frozen=True)
class Library:
    """One driver: its package, macros with which it passes, and with which it must not."""

    package: str
    header: str
    sound: tuple[tuple[str, ...], ...]
    flawed: tuple[tuple[str, ...], ...]


ONE, TWO, TOUCH = "PRODUCERS=1", "PRODUCERS=2", "TOUCH"
LIBRARIES = {
    "readerwriterqueue": Library(
        "libreaderwriterqueue-dev",
        "readerwriterqueue/readerwriterqueue.h",
        sound=((ONE,),),
        flawed=((ONE, TOUCH), (TWO,)),
    ),
    "concurrentqueue": Library(
        "libconcurrentqueue-dev",
        "concurrentqueue/concurrentqueue.h",
        sound=((ONE, "TOKEN="), (TWO, "TOKEN=")),
        flawed=((ONE, "TOKEN=", TOUCH), (TWO, "TOKEN=token,")),
    ),
    "boost_spsc": Library(
        "libboost-dev",
        "boost/lockfree/spsc_queue.hpp",
        sound=((ONE,),),
        flawed=((ONE, TOUCH), (TWO,)),
    ),
    "boost_queue": Library(
        "libboost-dev",
        "boost/lockfree/queue.hpp",
        sound=((ONE,),),
        flawed=((ONE, TOUCH), (ONE, "LATE")),
    ),
    "boost_stack": Library(
        "libboost-dev",
        "boost/lockfree/stack.hpp",
        sound=((ONE, "PUSH=push"),),
        flawed=((ONE, "PUSH=push", TOUCH), (TWO, "PUSH=unsynchronized_push")),
    ),
    "atomic_queue": Library(
        "libatomic-queue-dev",
        "atomic_queue/atomic_queue.h",
        sound=((TWO, "QUEUE=AtomicQueue2<int *, 2>"),),
        flawed=(
            (ONE, "QUEUE=AtomicQueue2<int *, 2>", TOUCH),
            (TWO, "QUEUE=AtomicQueue2<int *, 2, true, true, false, true>"),
        ),
    ),
    "tbb_mutex": Library(
        "libtbb-dev",
        "tbb/spin_mutex.h",
        sound=(("MUTEX=tbb::spin_mutex",), ("MUTEX=tbb::queuing_mutex",)),
        flawed=(
            ("MUTEX=tbb::spin_mutex", "NO_LOCK"),
            ("MUTEX=tbb::queuing_mutex", "EARLY"),
        ),
    ),
}


def kinds_found(name: str, macros: tuple[str, ...]) -> dict[str, str | None]:
    """Return the kind of failure per model, None for a pass."""
    library = LIBRARIES[name]
    if not Path("/usr/include", library.header).is_file():
        pytest.skip(f"{library.package} is not installed")
    found: dict[str, str | None] = {}
    for model in MODELS:
        result = check(
            [HERE / f"{name}.cpp"],
            cflags=["-std=c++17", *(f"-D{macro}" for macro in macros)],
            model=model,
            budget_s=60,
        )
        assert result.failures or result.verdict is Verdict.PASSED
        found[model] = result.failures[0]["kind"] if result.failures else None
    return found


def cases(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(n, macros) for n, lib in LIBRARIES.items() for macros in getattr(lib, kind)]


@pytest.mark.parametrize(("name", "macros"), cases("sound"))
def test_library_passes(name: str, macros: tuple[str, ...]) -> None:
    assert kinds_found(name, macros) == dict.fromkeys(MODELS)


@pytest.mark.parametrize(("name", "macros"), cases("flawed"))
def test_planted_fault_is_caught(name: str, macros: tuple[str, ...]) -> None:
    assert all(kinds_found(name, macros).values())


def test_what_a_pointer_in_an_atomic_queue_leads_to_is_not_published() -> None:
    """Its pop is relaxed: under rc11 what the producer wrote there may not be seen yet."""
    found = kinds_found("atomic_queue", (ONE, "QUEUE=AtomicQueue<int *, 2>"))
    assert found == {"sc": None, "tso": None, "rc11": "data race"}


@pytest.mark.parametrize("name", ["boost_queue", "boost_stack"])
def test_the_free_list_of_boost_reads_a_node_that_another_thread_has_taken(
    name: str,
) -> None:
    """Its compare-exchange then fails, so the value is never used; by the letter it is a race."""
    found = kinds_found(name, (TWO, "PUSH=push"))
    assert found == dict.fromkeys(MODELS, "data race")


@pytest.mark.parametrize("name", LIBRARIES)
def test_driver_is_short(name: str) -> None:
    assert len((HERE / f"{name}.cpp").read_text().splitlines()) <= 25
