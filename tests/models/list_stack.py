"""A stack as a list: what several tests ask of a sequential model."""

from __future__ import annotations


class Stack:
    """Last in, first out."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, value: int) -> None:
        self.items.append(value)

    def pop(self) -> int | None:
        return self.items.pop() if self.items else None
