"""Where assembly is rewritten."""

from __future__ import annotations

import pytest

from heald.building.compilers import find_compiler

needs_x86 = pytest.mark.skipif(
    find_compiler().machine != "x86_64", reason="the assembly is read on x86-64"
)
