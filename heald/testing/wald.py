"""Does it still fail? Wald's sequential probability ratio test.

Why       While a scenario is shrunk, every smaller one has to be asked whether it fails as
          well, and on real threads a single trial that passes says little. A fixed number
          of trials is too many for most and too few for some. The sequential test stops as
          soon as the evidence is enough for either answer, and no test with the same two
          error rates needs fewer trials on average.
Source    Wald, Sequential Tests of Statistical Hypotheses, Ann. Math. Stat. 16(2), 1945;
          that it is best: Wald and Wolfowitz, Ann. Math. Stat. 19(3), 1948.
Special   Where passing code never fails a trial (``rate_holds=0``), one failure is proof,
          and only the number of passes before giving up is left to decide.
"""

from __future__ import annotations

import math
from enum import Enum

from heald.verdicts import UsageError


class Decision(Enum):
    """What the trials have shown."""

    FAILS = "fails"
    HOLDS = "holds"


class SequentialTest:
    """Decide between "fails at least this often" and "fails at most that often".

    Parameters
    ----------
    rate_fails
        Share of trials that fail if the answer is ``FAILS``; above ``rate_holds``, at
        most 1.
    rate_holds
        Share of trials that fail if the answer is ``HOLDS``; 0 if a failure is proof.
    false_alarm
        Chance of ``FAILS`` although the rate is ``rate_holds``.
    miss
        Chance of ``HOLDS`` although the rate is ``rate_fails``.

    Raises
    ------
    UsageError
        If the rates or chances are out of range.

    Notes
    -----
    Between the two rates either answer may come; it comes later there. Wald's bounds make
    the real chances of error a little smaller than asked for, never by much.
    """

    def __init__(
        self,
        *,
        rate_fails: float,
        rate_holds: float = 0.0,
        false_alarm: float = 0.01,
        miss: float = 0.05,
    ) -> None:
        if not 0 <= rate_holds < rate_fails <= 1:
            raise UsageError(
                "rates must be 0 <= rate_holds < rate_fails <= 1; "
                f"got rate_holds={rate_holds}, rate_fails={rate_fails}"
            )
        if not (0 < false_alarm < 0.5 and 0 < miss < 0.5):
            raise UsageError(
                "chances of error must be above 0 and below 0.5; "
                f"got false_alarm={false_alarm}, miss={miss}"
            )
        self._failure = math.inf if rate_holds == 0 else math.log(rate_fails / rate_holds)
        self._pass = -math.inf if rate_fails == 1 else math.log1p(-rate_fails)
        self._pass -= math.log1p(-rate_holds)
        self._upper = math.log((1 - miss) / false_alarm)
        self._lower = math.log(miss / (1 - false_alarm if rate_holds else 1))
        self.trials = 0
        self.failures = 0

    @property
    def evidence(self) -> float:
        """Logarithm of the likelihood ratio: above 0 speaks for ``FAILS``."""
        passes = self.trials - self.failures
        # Infinite weights times zero trials would be undefined.
        evidence = self.failures * self._failure if self.failures else 0.0
        return evidence + (passes * self._pass if passes else 0.0)

    @property
    def decision(self) -> Decision | None:
        """The answer, or ``None`` while the trials do not suffice."""
        if self.failures and self._failure == math.inf:
            return Decision.FAILS
        if self.evidence >= self._upper:
            return Decision.FAILS
        return Decision.HOLDS if self.evidence <= self._lower else None

    def observe(self, failed: bool) -> Decision | None:
        """Add one trial and return the decision so far."""
        self.trials += 1
        self.failures += failed
        return self.decision
