"""Where assembly is rewritten."""

from __future__ import annotations

import pytest

from heald.building.compilers import find_compiler
from heald.building.explored_unit import can_be_rewritten

needs_x86 = pytest.mark.skipif(
    not can_be_rewritten(find_compiler()), reason="the assembly is read on x86-64"
)
