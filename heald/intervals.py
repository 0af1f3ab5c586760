"""What counts are worth: intervals for a rate that was seen, bounds for one that was not.

All of them are exact (Clopper and Pearson, Biometrika 26, 1934), so they hold for small
counts and for rates near zero, where the usual approximations are wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, expm1, lgamma, log, log1p

CONFIDENCE = 0.95


def rate_interval(failures: int, samples: int) -> tuple[float, float]:
    """Return the two-sided 95 % interval for the rate of failures.

    Parameters
    ----------
    failures, samples
        0 <= failures <= samples; without samples nothing is known: (0, 1).
    """
    if samples == 0:
        return (0.0, 1.0)
    tail = (1 - CONFIDENCE) / 2

    def as_many(rate: float) -> float:
        """Return the chance of so many failures or more."""
        return _beta(failures, samples - failures + 1, rate)

    def more(rate: float) -> float:
        return _beta(failures + 1, samples - failures, rate)

    low = _where(as_many, tail) if failures else 0.0
    high = _where(more, 1 - tail) if failures < samples else 1.0
    return (low, high)


def bound_on_missed(samples: int) -> float:
    """Return the 95 % upper bound on the failure rate after `samples` without a failure.

    One-sided: 1 - 0.05^(1/n), close to 3/n. It speaks of samples like those that were
    run, on this machine: no number of them says anything about another memory model.
    """
    return -expm1(log(1 - CONFIDENCE) / samples) if samples else 1.0


def _where(rising: Callable[[float], float], value: float) -> float:
    """Return where a function that rises from 0 to 1 reaches `value`: halved, to the last bit."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if not low < middle < high or high - low < 1e-12 * low:
            return middle
        if rising(middle) < value:
            low = middle
        else:
            high = middle


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function, the tail of a binomial.

    Its continued fraction (DLMF 8.17.22) converges within about the square root of the larger
    parameter, on this side of the mean.
    """
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return exp(front) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + ...)) forwards (Lentz, Applied Optics 15, 1976)."""
    tiny = 1e-300
    value = above = 1.0
    below = 0.0
    for n in range(1, 1_000_000):
        m = n // 2
        if n % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / ((1 + d * below) or tiny)
        above = (1 + d / above) or tiny
        value *= above * below
        if abs(above * below - 1) < 1e-14:
            break
    return value


def show_rate(rate: float) -> str:
    """Show a rate shortly: ``12 %``, ``0.03 %``, ``3e-08``."""
    if rate >= 0.0001:
        return f"{100 * rate:.2g} %" if rate < 0.995 else f"{100 * rate:.0f} %"
    return f"{rate:.0e}" if rate else "0"
