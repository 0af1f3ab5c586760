"""What ``--races allow`` takes ordinary accesses for is what the same program does written out.

10 programs by default, 2,000 with ``--heald-profile nightly``; more by
``python -m tests.oracle.sizes.allowed_campaign FIRST LAST``.
"""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from tests.oracle.sizes.allowed_campaign import judge

BATCHES = 200 if settings.get_current_profile_name() == "nightly" else 1


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_both_texts_have_the_same_executions(batch: int) -> None:
    compiler = "clang" if batch % 2 and shutil.which("clang") else None
    judged = judge(range(10 * batch, 10 * batch + 10), compiler)
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.executions > 50
