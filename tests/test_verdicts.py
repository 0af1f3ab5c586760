import pytest

from heald import EngineError, Verdict


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.PASSED, 0),
        (Verdict.FAILED, 1),
        (Verdict.USAGE_ERROR, 2),
        (Verdict.UNDECIDED, 3),
        (Verdict.UNTRUSTWORTHY, 4),
        (Verdict.ENGINE_ERROR, 5),
    ],
)
def test_exit_code_is_the_documented_number(verdict: Verdict, code: int) -> None:
    assert verdict.exit_code == code


def test_engine_error_text_starts_with_engine_bug() -> None:
    assert str(EngineError("lost a thread")) == "engine bug: lost a thread"
