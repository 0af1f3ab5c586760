"""What is missing for the sanitizers is said in words, and never raised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from heald.building import sanitizer_runtime
from heald.verdicts import UsageError


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    sanitizer_runtime.missing.cache_clear()
    yield
    sanitizer_runtime.missing.cache_clear()


def test_a_bare_name_means_that_the_compiler_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sanitizer_runtime, "runtime_library", lambda: "libasan.so")
    assert sanitizer_runtime.missing() == "the compiler has no libasan.so"


def test_no_compiler_is_a_reason_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise UsageError("no C compiler")

    monkeypatch.setattr(sanitizer_runtime, "runtime_library", none)
    reason = sanitizer_runtime.missing()
    assert reason is not None
    assert "no C compiler" in reason
