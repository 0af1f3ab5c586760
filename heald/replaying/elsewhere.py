"""A capsule replayed where its files are not: those that it carries are unpacked and used.

They lie in a scratch folder as they lay when it was made, and the replay runs there. What
is here is used only if all of it is here: half a project is none. The Python file among
them is executed, as the one of a target always is.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.capsule import Capsule
from heald.verdicts import UsageError

#: What the unpacked capsule carries: nothing has changed since, for it is what was carried.
UNPACKED: Mapping[str, Any] = {"unpacked": True}


@contextmanager
def at_home(capsule: Capsule) -> Iterator[Capsule]:
    """Give the capsule as it can be replayed here, in the directory where that is so."""
    carried = capsule.carried
    if not carried.get("texts") or _is_here(carried):
        yield capsule
        return
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="heald-replay-") as scratch:
        root = Path(scratch).resolve()
        _unpack(root, carried["texts"])
        folder = root / carried["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        hidden = _hide(carried["texts"])
        try:
            yield replace(capsule, place=carried["place"], carried=UNPACKED)
        finally:
            _hide(carried["texts"])
            sys.modules.update(hidden)
            os.chdir(before)


def _is_here(carried: Mapping[str, Any]) -> bool:
    return all(
        Path(os.path.relpath(name, carried["folder"])).is_file()
        for name in carried["texts"]
    )


def _unpack(root: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = root / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", errors="surrogateescape")
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot unpack {name!r} of the capsule: {error}") from error


def _hide(texts: Mapping[str, str]) -> dict[str, Any]:
    """Forget modules that have the names of carried files; return them."""
    names = {part.removesuffix(".py") for name in texts for part in Path(name).parts}
    names -= {"heald"}
    taken = [name for name in sys.modules if name.partition(".")[0] in names]
    taken += [name for name in sys.modules if name.startswith("heald_place_")]
    own = [n for n in taken if _is_ours(n, texts) or n.startswith("heald_place_")]
    return {name: sys.modules.pop(name) for name in own}


def _is_ours(module: str, texts: Mapping[str, str]) -> bool:
    path = module.replace(".", "/")
    return (
        any(name.endswith((f"{path}.py", f"{path}/__init__.py")) for name in texts)
        and module.partition(".")[0] not in sys.stdlib_module_names
    )
