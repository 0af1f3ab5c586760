"""Inputs for a parser that brings no generator: grown, cut and changed from what was seen.

Why in Python: it is only for a user's parser that has no generator in C. Whoever wants a
hundred thousand inputs a second writes those ten lines.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

from heald.parsing.layout import INPUT_LIMIT

_EDGES = (b"\0", b"\xff", b"\x7f\xff", b"\x80\0", b"\xff\xf8", b"\xff\xff\xff\xff")
_KEPT = 64
_LONGEST = 4096  # of an input that is drawn, unless the examples are longer
_DEEP = 40_000  # bytes: with 50 of stack for a level a recursion runs out of the worker's
_LARGE = 70_000  # more than 16 bits count
_RARELY = 2000


def drawn_inputs(seed: int, examples: tuple[bytes, ...] = ()) -> Iterator[bytes]:
    """Yield inputs without end: a function of the seed and the examples.

    The examples come first, whole; then each of their beginnings again and again, as deep as a
    format that nests can be made, and each as often as fills 16 bits; then what is grown, cut
    and changed.

    Parameters
    ----------
    examples
        Valid inputs to start from; without any, inputs grow out of random bytes.
    """
    yield from examples
    yield from _nested(examples)
    draw = random.Random(seed)
    pool = [*examples] or [b""]
    longest = max(_LONGEST, *(2 * len(each) for each in pool))
    while True:
        if draw.randrange(_RARELY) == 0:
            yield from islice(_nested((draw.choice(pool),), draw), 1)
        data = _changed(draw, draw.choice(pool), pool)[: min(longest, INPUT_LIMIT)]
        if len(pool) < _KEPT and len(data) < _LONGEST:
            pool.append(data)
        yield data


def _nested(
    examples: tuple[bytes, ...], draw: random.Random | None = None
) -> Iterator[bytes]:
    """Yield beginnings of the examples, repeated until they are large."""
    for example in examples:
        lengths = [1, 2, 3, 5, 8]
        if draw is not None:
            lengths = [draw.randint(1, 12)]
        for length in lengths:
            if beginning := example[:length]:
                yield beginning * (_DEEP // len(beginning))
        if draw is None and example:
            yield example * (_LARGE // len(example) + 1)


def _changed(draw: random.Random, data: bytes, pool: list[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randint(0, len(out))
        match draw.randrange(6):
            case 0:
                out[at:at] = draw.randbytes(draw.randint(1, 16))
            case 1:
                del out[at:]
            case 2:
                out[at : at + 1] = draw.randbytes(1)
            case 3:
                edge = draw.choice(_EDGES)
                out[at : at + len(edge)] = edge
            case 4:
                out += draw.choice(pool)
            case _:
                del out[at : at + draw.randint(1, 8)]
    return bytes(out)
