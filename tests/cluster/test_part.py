"""What an agent says of its part is believed where it makes sense."""

from __future__ import annotations

from typing import Any

import pytest

from heald import EngineError
from heald.cluster.part import explored_of


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"result": {"executions": -1}},
        {"result": {"executions": "many", "blocked": 0, "failures": 0, "steps": 1}},
    ],
)
def test_what_makes_no_sense_is_no_count(data: Any) -> None:
    with pytest.raises(EngineError, match="what makes no sense"):
        explored_of({"answer": "ended", "how": "result", "data": data})
