"""Rust's names as its authors wrote them: what the compiler made of them, read back.

binutils knows the scheme (``c++filt`` of 2.36 and later); the digests that tell two versions of
a crate apart are left out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable

MANGLED = re.compile(r"\b_R[\w.$]*\w|\b_ZN\w+17h[0-9a-f]{16}E\b")
_DIGEST = re.compile(r"\[[0-9a-f]{6,16}\]|::h[0-9a-f]{16}\b")


def demangled(texts: Iterable[str]) -> dict[str, str]:
    """Return for each text that holds such a name the text with its author's."""
    wanted = sorted({text for text in texts if MANGLED.search(text)})
    tool = shutil.which("c++filt")
    if not wanted or tool is None:
        return {}
    names = sorted({name for text in wanted for name in MANGLED.findall(text)})
    asked = [re.sub(r"\.\d+$", "", name) for name in names]  # a part of a variable
    done = subprocess.run([tool], input="\n".join(asked), capture_output=True, text=True)
    answers = [_DIGEST.sub("", line) for line in done.stdout.splitlines()]
    known = dict(zip(names, answers, strict=False))
    return {text: MANGLED.sub(lambda m: known.get(m[0], m[0]), text) for text in wanted}
