"""What counts are worth: intervals for a rate that was seen, bounds for one that was not.

All of them are exact (Clopper and Pearson, Biometrika 26, 1934), so they hold for small
counts and for rates near zero, where the usual approximations are wrong.
"""

from __future__ import annotations

CONFIDENCE = 0.95


def rate_interval(failures: int, samples: int) -> tuple[float, float]:
    """Return the two-sided 95 % interval for the rate of failures.

    Parameters
    ----------
    failures, samples
        0 <= failures <= samples; without samples nothing is known: (0, 1).
    """
    # scipy.special, not scipy.stats: the latter takes a second to import.
    from scipy.special import betaincinv

    if samples == 0:
        return (0.0, 1.0)
    tail = (1 - CONFIDENCE) / 2
    others = samples - failures
    low = betaincinv(failures, others + 1, tail) if failures else 0.0
    high = betaincinv(failures + 1, others, 1 - tail) if others else 1.0
    return (float(low), float(high))


def bound_on_missed(samples: int) -> float:
    """Return the 95 % upper bound on the failure rate after `samples` without a failure.

    One-sided: 1 - 0.05^(1/n), close to 3/n. It speaks of samples like those that were
    run, on this machine: no number of them says anything about another memory model.
    """
    from scipy.special import betaincinv

    if samples == 0:
        return 1.0
    return float(betaincinv(1, samples, CONFIDENCE))


def show_rate(rate: float) -> str:
    """Show a rate shortly: ``12 %``, ``0.03 %``, ``3e-08``."""
    if rate >= 0.0001:
        return f"{100 * rate:.2g} %" if rate < 0.995 else f"{100 * rate:.0f} %"
    return f"{rate:.0e}" if rate else "0"
