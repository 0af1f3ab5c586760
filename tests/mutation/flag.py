"""A subject for mutation: two orders that are needed, one fence that is not.

One order stands in a header that an option finds, one on the command line, one in code that
is not compiled.
"""

from __future__ import annotations

from pathlib import Path

import heald
from heald import Call, Scenario, Subject

FLAG_H = """\
#include <stdatomic.h>
#ifndef RAISE
#define RAISE memory_order_release
#endif
static inline void flag_raise(atomic_int *flag) {
    atomic_store_explicit(flag, 1, RAISE);
}
"""
FLAG_C = """\
#include "flag.h"
#include "marker.h"
struct flag { int data; atomic_int raised; };
#if 0
static int unused(atomic_int *x) { return atomic_load_explicit(x, memory_order_seq_cst); }
#endif
#ifndef SEE
#define SEE memory_order_relaxed
#endif
void flag_send(struct flag *flag) {
    if (atomic_load_explicit(&flag->raised, memory_order_relaxed)) return;
    flag->data = 7; flag_raise(&flag->raised);
}
int flag_get(struct flag *flag) {
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&flag->raised, SEE)) return -1;
    return flag->data;
}
"""


class FlagModel:
    def __init__(self) -> None:
        self.sent = False

    def send(self) -> None:
        self.sent = True

    def get(self) -> int:
        return 7 if self.sent else -1


SEND_GET = Scenario(threads=((Call("send"),), (Call("get"),)))
"""What both orders are for."""


def flag(
    folder: Path, *, interesting: list[Scenario] | None = None, **defines: str
) -> Subject:
    headers = folder / "include"
    headers.mkdir(exist_ok=True)
    (headers / "flag.h").write_text(FLAG_H)
    (headers / "marker.h").write_text("")
    (folder / "flag.c").write_text(FLAG_C)
    return Subject(
        folder / "flag.c",
        state="struct flag",
        ops={
            "send": heald.op("void flag_send(struct flag *)", role="sender"),
            "get": heald.op("int flag_get(struct flag *)"),
        },
        model=FlagModel,
        cflags=[f"-I{headers}"],
        defines={"SEE": "memory_order_acquire", **defines},
        interesting=[SEND_GET] if interesting is None else interesting,
    )
