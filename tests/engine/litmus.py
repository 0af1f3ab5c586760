"""Programs of the counted kind, as the text that `scripted.h` explains."""

from __future__ import annotations

NAMES = "klmnopqrstuvwxyz"


def beside(*threads: str) -> str:
    return " | ".join(threads)


def sb(n: int, order: str = "rlx", between: str = "") -> str:
    return beside(
        *(
            f"W {NAMES[i]} 1 {order};{between} R a {NAMES[(i + 1) % n]} {order}"
            for i in range(n)
        )
    )


def lb(n: int) -> str:
    return beside(
        *(f"R a {NAMES[(i + 1) % n]} rlx; W {NAMES[i]} 1 rlx" for i in range(n))
    )


def inc(n: int) -> str:
    return beside(*["R a x rlx; W x a+1 rlx"] * n)


def ainc(n: int) -> str:
    return beside(*["U a x add 1 rlx"] * n)


def writers(n: int) -> str:
    return beside(*(f"W x {i + 1} rlx" for i in range(n)))


def readers(n: int) -> str:
    return beside("W x 42 rlx", *["R a x rlx"] * n)


def casrot(n: int) -> str:
    return beside(*(f"C a x {i} {i + 1} rlx rlx" for i in range(n)))


def lastzero(n: int) -> str:
    search = "; ".join(f"R a {NAMES[i]} rlx; ? a == 0 {2 * i}" for i in range(n, -1, -1))
    return beside(
        search,
        *(f"R a {NAMES[j - 1]} rlx; W {NAMES[j]} a+1 rlx" for j in range(1, n + 1)),
    )


def iriw(n: int) -> str:
    both = ("R a y rlx; R b x rlx", "R a x rlx; R b y rlx")
    return beside("W x 1 rlx", "W y 1 rlx", *(both[i & 1] for i in range(2, n + 2)))


def mutex(n: int) -> str:
    return beside(*["L m; r a x; w x a+1; N m"] * n) + f"{{r a x; A a == {n}}}"


def caslock(n: int) -> str:
    return (
        beside(*["C a y 0 1 acq rlx; ? a != 0 -2; r b x; w x b+1; W y 0 rel"] * n)
        + f"{{r a x; A a == {n}}}"
    )


def ttas(n: int) -> str:
    return beside(
        *[
            "R a y rlx; ? a != 0 -2; U a y xchg 1 acq; ? a != 0 -4;"
            "r b x; w x b+1; W y 0 rel"
        ]
        * n
    )


def ticket(n: int) -> str:
    return beside(
        *["U a y add 1 rlx; R b z acq; ? b != a -2; r c x; w x c+1; W z a+1 rel"] * n
    )


def seqlock(n: int) -> str:
    update = "R a q rlx; W q a+1 rlx; F rel; W x {i} rlx; W y {i} rlx; W q a+2 rel"
    odd = "; ".join(f"? a == {2 * k + 1} {n - 1 - k + 4}" for k in range(n))
    read = f"R a q acq; {odd}; R b x rlx; R c y rlx; F acq; R d q rlx"
    return beside("; ".join(update.format(i=i) for i in range(1, n + 1)), read, read)
