"""What each program must show: right as it stands, and wrong with each planted bug.

A bug is a macro given to the compiler. Most are one memory order made relaxed: those show under
rc11 only, because sc and tso take every atomic access to be at least release or acquire. ``shows``
names the models in which the bug must be found; in the others the program must pass.
"""

from __future__ import annotations

from dataclasses import dataclass

RC11 = frozenset({"rc11"})
WEAK = frozenset({"rc11", "tso"})  # a store may be overtaken by a later load
EVERYWHERE = frozenset({"rc11", "tso", "sc"})
RACE = ("data race",)
RACE_OR_LOST = ("data race", "assertion")
FREED = ("use after free", "data race")
UNFILLED = ("data race", "uninitialised read")


@dataclass(frozen=True)
class Bug:
    """A planted bug: the macro, the kinds of failure that may be reported first, the models."""

    define: str
    kinds: tuple[str, ...] = RACE
    shows: frozenset[str] = RC11


def relaxed(*orders: str, kinds: tuple[str, ...] = RACE) -> tuple[Bug, ...]:
    """Return one bug per named order: that order made relaxed."""
    return tuple(Bug(f"{name}=memory_order_relaxed", kinds) for name in orders)


def weakened(
    name: str, order: str, kinds: tuple[str, ...], shows: frozenset[str] = RC11
) -> Bug:
    """Return the bug that the named order is only ``order``."""
    return Bug(f"{name}=memory_order_{order}", kinds, shows)


def planted(define: str, *kinds: str) -> Bug:
    """Return a bug in the algorithm itself: every model shows it."""
    return Bug(define, kinds, EVERYWHERE)


PROGRAMS: dict[str, tuple[Bug, ...]] = {
    "atomic_maximum": (planted("TWO_STEPS", "assertion"),),
    "bakery": (
        Bug("ORDER=memory_order_relaxed", RACE_OR_LOST, WEAK),
        planted("NO_CHOOSING", *RACE_OR_LOST),
    ),
    "bounded_queue": relaxed("PUBLISH", "OBSERVE"),
    "c11_threads": (planted("NO_MUTEX", "data race"),),
    "clh_lock": relaxed("PASS", "WAIT", "JOIN"),
    "condition_queue": (
        planted("IF_NOT_WHILE", "assertion"),
        planted("NO_SIGNAL", "deadlock"),
    ),
    "counter": (planted("PLAIN", "data race"), planted("VOLATILE", "data race")),
    "dekker": (
        weakened("FENCE", "acq_rel", RACE_OR_LOST, WEAK),
        *relaxed("LOWER"),
    ),
    "detached_report": (planted("NO_WAIT", "data race"),),
    "dining_philosophers": (planted("ALL_RIGHT_HANDED", "deadlock"),),
    "double_checked_locking": (
        *relaxed("PUBLISH", "LOOK", kinds=UNFILLED),
        planted("NO_SECOND_CHECK", "leak"),
    ),
    "epoch_reclaim": (
        weakened("ENTER", "acq_rel", FREED, WEAK),
        weakened("RETIRE", "acq_rel", FREED),
        *relaxed("LEAVE", kinds=FREED),
        planted("NO_GRACE", *FREED),
    ),
    "flag_lock": relaxed("SET", "CLEAR", kinds=RACE_OR_LOST),
    "free_once": (planted("LOOK_THEN_CLEAR", "double free"),),
    "freeing_stack": (planted("NO_LOCK", *FREED),),
    "hazard_pointer": (
        weakened("ANNOUNCE", "acq_rel", FREED, WEAK),
        weakened("SCAN", "acq_rel", FREED),
        planted("NO_SECOND_LOOK", *FREED),
    ),
    "id_allocator": (planted("TWO_STEPS", "assertion"),),
    "latch": relaxed("COUNT_DOWN", "WAIT"),
    "lock_coupling": (planted("LET_GO_FIRST", "data race"),),
    "lock_order": (planted("OWN_FIRST", "deadlock"),),
    "lost_wakeup": (planted("SET_OUTSIDE", "deadlock"),),
    "mailbox": (
        *relaxed("HAND", kinds=(*UNFILLED, "use after free")),
        planted("OVERWRITE", "leak"),
    ),
    "mcs_lock": (
        *relaxed("HAND_OVER", "WAIT"),
        *relaxed("LINK", kinds=("livelock", "deadlock")),
    ),
    "message_fences": relaxed("WRITE_FENCE", "READ_FENCE", kinds=("assertion",)),
    "message_passing": relaxed("RAISE", "LOOK"),
    "michael_scott_queue": (
        *relaxed("LINK", "FOLLOW"),
        planted("NO_HELP", "livelock", "deadlock"),
    ),
    "once": (planted("OWN_ONCE", "data race"),),
    "one_to_one_ring": relaxed("PUBLISH", "OBSERVE", "RECYCLE", "REUSE"),
    "peterson": (
        weakened("RAISE", "release", RACE_OR_LOST),
        weakened("LOOK", "acquire", RACE_OR_LOST),
        Bug("GIVE=memory_order_relaxed", RACE_OR_LOST, WEAK),
    ),
    "pthread_barrier": (planted("ONE_FORGETS", *RACE_OR_LOST),),
    "pthread_rwlock": (planted("WRITES_AS_READER", "data race"),),
    "published_list": (
        *relaxed("PUBLISH", "FOLLOW", kinds=UNFILLED),
        planted("FILL_LATE", *UNFILLED),
    ),
    "reader_writer_lock": relaxed("READER_IN", "READER_OUT", "WRITER_IN", "WRITER_OUT"),
    "recursive_lock": (planted("NORMAL_MUTEX", "deadlock", "misuse"),),
    "reference_count": (
        *relaxed("DROP", kinds=FREED),
        planted("DROP_IN_TWO_STEPS", "leak"),
    ),
    "semaphore": (planted("STARTS_FULL", "data race"),),
    "sense_barrier": relaxed("ARRIVE", "TURN", "WAIT"),
    "seqlock": relaxed("BEGIN_FENCE", "END", "LOOK", "END_FENCE", kinds=("assertion",)),
    "shared_tasks": (planted("TWO_STEPS", "assertion"),),
    "slots_on_heap": (
        planted("OFF_BY_ONE", "out of bounds"),
        planted("FORGET_ONE", "uninitialised read"),
    ),
    "spinlock": relaxed("LOCK", "UNLOCK"),
    "stop_flag": (*relaxed("DONE"), planted("PLAIN_FLAG", "data race", "endless loop")),
    "store_buffering": (
        weakened("RAISE", "release", ("assertion",), WEAK),
        weakened("LOOK", "acquire", ("assertion",)),
    ),
    "tagged_stack": (planted("NO_TAG", "assertion"),),
    "thread_local_sum": (planted("SHARED", "data race"),),
    "ticket_lock": (
        *relaxed("SERVE", "WAIT"),
        planted("DRAW_IN_TWO_STEPS", *RACE_OR_LOST, "livelock"),
    ),
    "treiber_stack": relaxed("PUSH", "POP"),
    "try_lock": (planted("IGNORE_RESULT", "data race"),),
    "ttas_lock": (
        *relaxed("TAKE", "UNLOCK"),
        planted("LOOK_IS_ENOUGH", *RACE_OR_LOST),
    ),
    "work_stealing_deque": (
        weakened("TAKE_FENCE", "acq_rel", ("assertion",), WEAK),
        weakened("STEAL_FENCE", "acq_rel", ("assertion",)),
        *relaxed("PUBLISH"),
    ),
}
