from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.campaign.fakes import OPENED


@pytest.fixture(autouse=True)
def _databases_are_closed() -> Iterator[None]:
    """Close what tests open: Python 3.13 reports a database that nobody closed."""
    yield
    while OPENED:
        OPENED.pop().close()
