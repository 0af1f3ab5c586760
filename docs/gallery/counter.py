"""The description of counter.c: a sum must be one that was there at some moment."""

import heald


class Counter:
    def __init__(self):
        self.value = 0

    def left(self):
        self.value += 1

    def right(self):
        self.value += 10

    def sum(self):
        return self.value


counter = heald.Subject(
    "counter.c",
    state="struct counter",
    init="void counter_init(struct counter *)",
    ops={
        "left": heald.op("void counter_left(struct counter *)"),
        "right": heald.op("void counter_right(struct counter *)"),
        "sum": heald.op("int counter_sum(struct counter *)"),
    },
    model=Counter,
)
