"""What can be done here is found by trying it; what cannot is named."""

from __future__ import annotations

import pytest

from heald.faults import availability
from subjects.transfer import CONTRACTS, MISSING


@pytest.mark.parametrize("name", ["uring", "send_zc"])
def test_a_ring_is_checked_where_the_kernel_allows_it(name: str) -> None:
    if name in MISSING:
        pytest.skip(MISSING[name])
    assert name in CONTRACTS


def test_an_operation_that_no_ring_knows_is_named() -> None:
    if availability.io_uring(0) is not None:  # IORING_OP_NOP
        pytest.skip(str(availability.io_uring(0)))
    assert availability.io_uring(255) == "this kernel's io_uring does not know it"
