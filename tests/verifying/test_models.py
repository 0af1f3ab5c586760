"""Which of the stronger models have a failure, too."""

from __future__ import annotations

import pytest

from heald.verifying.models import explained


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ({"sc": True, "tso": True}, "an interleaving is enough"),
        ({"sc": False, "tso": True}, "x86 can show it"),
        ({"sc": False, "tso": False}, "x86 cannot show it"),
        ({"sc": None, "tso": False}, "not decided"),
    ],
)
def test_a_failure_says_which_models_have_it(
    fails: dict[str, bool | None], said: str
) -> None:
    assert said in explained(fails.__getitem__)
