"""Inputs for a parser that brings no generator: grown, cut and changed from what was seen.

Why in Python: it is only for a user's parser that has no generator in C. Whoever wants a
hundred thousand inputs a second writes those ten lines.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

_EDGES = (b"\0", b"\xff", b"\x7f\xff", b"\x80\0", b"\xff\xf8", b"\xff\xff\xff\xff")
_KEPT = 64


def drawn_inputs(seed: int, examples: tuple[bytes, ...] = ()) -> Iterator[bytes]:
    """Yield inputs without end: a function of the seed and the examples.

    Parameters
    ----------
    examples
        Valid inputs to start from; without any, inputs grow out of random bytes.
    """
    draw = random.Random(seed)
    pool = [*examples] or [b""]
    while True:
        data = _changed(draw, draw.choice(pool), pool)
        if len(pool) < _KEPT and len(data) < 4096:
            pool.append(data)
        yield data


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
    return bytes(out[:4096])
