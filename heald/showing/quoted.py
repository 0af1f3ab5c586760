"""The source text that may be quoted: of files that hold code, and of nothing else.

A trace names files, and a stranger's capsule has a trace: what it names may be a device whose
reading never ends, or a file that nobody would put onto a page. So a file is quoted if it is a
regular one, of a source's name or among the system's headers, and no longer than sources are.
"""

from __future__ import annotations

import linecache
import re
from functools import lru_cache
from pathlib import Path

#: Longest file that is quoted, bytes.
LONGEST = 400_000
_SUFFIXES = re.compile(
    r"\.(c|cc|cp|cpp|cxx|c\+\+|h|hh|hpp|hxx|h\+\+|inc|inl|ipp|tcc|tpp|def|x|impl|s|y|l|rs|py)",
    re.IGNORECASE,
)
_STDIN = "<stdin>"
#: Where headers without a suffix are.
_HEADERS = ("/usr/include/", "/usr/local/include/", "/usr/lib/gcc/", "/usr/lib/llvm")


def quoted(file: str) -> tuple[str, ...]:
    """Return the lines of a file of code; none where it cannot be read or is no such file.

    Bytes that are no UTF-8 become U+FFFD.
    """
    if file == _STDIN:  # as it was read (heald/explorer/given.py)
        return tuple(line.rstrip("\n") for line in linecache.getlines(file))
    try:
        real = Path(file).resolve()
        if not (_SUFFIXES.fullmatch(real.suffix) or str(real).startswith(_HEADERS)):
            return ()
        if not real.is_file() or (found := real.stat()).st_size > LONGEST:
            return ()
        return _lines(real, found.st_mtime_ns)
    except (OSError, RuntimeError, ValueError):
        return ()


@lru_cache(maxsize=256)
def _lines(path: Path, _written: int) -> tuple[str, ...]:
    text = path.read_bytes().decode("utf-8", "replace")
    # Not splitlines: a form feed or a U+2028 ends no line for a compiler.
    return tuple(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))
