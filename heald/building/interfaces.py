"""The engine's C interfaces as cffi knows them, read from the headers that C itself includes.

Each struct is described once, in ``csrc/include/heald/``: nothing here can drift apart from it.
"""

from __future__ import annotations

import re
from functools import cache

from cffi import FFI

from heald.building.engine import engine_include

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:.*\\\n)*.*$", re.MULTILINE)


@cache
def interface(name: str) -> FFI:
    """Return the types and functions that ``heald/NAME.h`` declares.

    The header must be one that needs no other of heald's, without macros in its declarations.
    """
    text = (engine_include() / "heald" / f"{name}.h").read_text()
    plain = _DIRECTIVE.sub("", _COMMENT.sub("", text))
    ffi = FFI()
    ffi.cdef(plain.replace("extern const", "extern"))  # a constant, to cffi, is a number
    return ffi
