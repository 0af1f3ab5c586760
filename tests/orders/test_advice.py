"""*To change* is said of what was tried and passes; else the message does not claim to know."""

from __future__ import annotations

from heald.explorer.execution import completed, text_of
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.orders.advice import with_change
from heald.scenario import Call, Scenario
from heald.subject.subject import Subject
from subjects import publish, stack


def subject(module: object, name: str) -> Subject:
    targets = module.TARGETS  # type: ignore[attr-defined]
    return next(each for each in targets if each.variant == name)


def failed(subject: Subject, scenario: Scenario) -> Finding:
    found = explore_scenario(subject, scenario)
    return completed(subject, found.findings[0], Options())


SEND_RECEIVE = Scenario(threads=((Call("send", (1,)),), (Call("try_receive"),)))


def test_a_missing_pair_is_tried_before_it_is_advised() -> None:
    relaxed = subject(publish, "relaxed-relaxed")
    told = with_change(relaxed, failed(relaxed, SEND_RECEIVE), Options())
    assert "relaxed -> release" in told.detail["change"]
    assert "relaxed -> acquire" in told.detail["change"]
    assert "(tried: all " in told.detail["change"]
    assert "to change: " + told.detail["change"] in text_of(told)


def test_what_was_not_tried_is_no_advice() -> None:
    relaxed = subject(publish, "relaxed-relaxed")
    told = failed(relaxed, SEND_RECEIVE)
    assert "to change" not in text_of(told)


def test_an_order_that_is_there_already_is_not_advised() -> None:
    half = subject(publish, "release-relaxed")
    told = with_change(half, failed(half, SEND_RECEIVE), Options())
    assert "relaxed -> acquire" in told.detail["change"]
    assert "release" not in told.detail["change"]


def test_aba_is_no_matter_of_orders() -> None:
    pool = subject(stack, "pool")
    scenario = next(iter(pool.interesting))
    told = with_change(pool, failed(pool, scenario), Options())
    assert told.detail["is_algorithms"]
    assert "change" not in told.detail
    assert "to change" not in text_of(told)


def test_a_search_that_is_not_over_says_nothing() -> None:
    relaxed = subject(publish, "relaxed-relaxed")
    told = with_change(
        relaxed, failed(relaxed, SEND_RECEIVE), Options(), most_explorations=2
    )
    assert "change" not in told.detail
