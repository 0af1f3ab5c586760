"""The function of the user's own is named, whichever compiler wrote the report."""

from __future__ import annotations

import pytest

from heald.faults.reported import reported

HEAD = "==7==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7ffc\nREAD of size 9\n"
OWN = "    #2 0x55d0 in move /home/me/mine.c:6\n"
#: The frames of an interceptor and of the shim, before and since gcc 14.
FRAMES = {
    "gcc 12": "    #0 0x7f50 in __interceptor_read (/lib/libasan.so.8+0x39c2)\n"
    "    #1 0x55d1 in __wrap_read csrc/faults/shim.c:201\n",
    "gcc 14": "    #0 0x7f50 in read ../../../../src/libsanitizer/sanitizer_common/"
    "sanitizer_common_interceptors.inc:978\n"
    "    #1 0x55d1 in __wrap_read csrc/faults/shim.c:201\n",
    "none": "",
}


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES.keys())
def test_innermost_function_of_the_users_own_is_named(frames: str) -> None:
    said = reported(HEAD + frames + OWN)
    assert said == "AddressSanitizer: stack-buffer-overflow in move /home/me/mine.c:6"
