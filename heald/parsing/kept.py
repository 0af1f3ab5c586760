"""Findings that stay: capsules for ``heald replay``, and examples for Hypothesis.

What a long campaign of libFuzzer found once should be the first thing that the next test run
tries.

.. code-block:: python

    result = fuzz(records, seconds=600, seed=1)
    if result.finding:
        keep(ParserTarget(records), result.finding, place="records.py")

    @given(data=st.binary())
    @kept_examples("records")          # each kept input, before anything is drawn
    def test_records(data): ...
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from heald.capsule import capsule_of, load_capsule
from heald.parsing.finding import ParserFinding
from heald.parsing.target import ParserTarget
from heald.state import CAPSULES
from heald.verdicts import UsageError

T = TypeVar("T", bound=Callable[..., Any])


def keep(
    target: ParserTarget,
    finding: ParserFinding,
    *,
    place: str,
    folder: Path = Path(CAPSULES),
) -> Path:
    """Write a finding as a capsule, and return its path.

    Parameters
    ----------
    place
        The file or module in whose ``TARGETS`` the target is: there ``heald replay`` finds it.
    """
    capsule = capsule_of(
        target.as_finding(finding),
        target=target.name,
        place=place,
        expected=target.expected,
        identity=target.identity(),
    )
    return capsule.save(folder)


def kept_inputs(parser: str, folder: Path = Path(CAPSULES)) -> list[bytes]:
    """Return the inputs of all capsules of the parser with this name, in the files' order.

    Capsules of other checks and files that are none are passed over: the folder is shared.
    """
    inputs = []
    for path in sorted(folder.glob("*.json")):
        try:
            capsule = load_capsule(path)
        except UsageError:
            continue
        if capsule.target == parser and "data" in capsule.settings:
            inputs.append(bytes.fromhex(capsule.settings["data"]))
    return inputs


def kept_examples(parser: str, folder: Path = Path(CAPSULES)) -> Callable[[T], T]:
    """Return a decorator that gives every kept input to a Hypothesis test as ``data``."""

    def decorate(test: T) -> T:
        from hypothesis import example

        for data in kept_inputs(parser, folder):
            test = example(data=data)(test)
        return test

    return decorate
