"""The explorer answers about whole programs as the oracle does: verdict, kind, executions.

300 programs by default, 5,000 with ``--heald-profile nightly``, half of them compiled with clang.
What differs is shrunk and shown as C with its seed; ``python -m tests.oracle.whole SEED`` asks
again.
"""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from tests.oracle.whole.campaign import judge

PROGRAMS = {"thorough": 1000, "nightly": 5000}
DRAWN = PROGRAMS.get(settings.get_current_profile_name(), 300)
RANGE = 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, DRAWN, RANGE))
def test_the_explorer_answers_as_the_oracle_does(first: int) -> None:
    nightly = PROGRAMS["nightly"] == DRAWN
    compiler = "clang" if nightly and first // RANGE % 2 else "gcc"
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    judged = judge(range(first, first + RANGE), compiler)
    assert not judged.differences, "\n".join([*judged.differences[:3], str(judged)])
    assert judged.programs > RANGE // 3, str(judged)
