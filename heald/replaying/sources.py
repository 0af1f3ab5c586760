"""The sources of a capsule: what has changed since, and copies that lie as they did.

A program says ``#include "inc/x.h"`` or ``-Iinclude``, so copies under their bare names do
not compile: each lies in a scratch folder as it lay under the root, and what the flags say
of folders is said of the copies.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from heald.capsule import Capsule, digest_of
from heald.replaying.stranger import inside
from heald.verdicts import UsageError

#: Options of a compiler that are followed by a folder or a file, in the same word or the next.
_NAMING = ("-I", "-iquote", "-isystem", "-idirafter", "-include", "-L")


def changed_sources(
    capsule: Capsule, now: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what happened to each file that is not as it was; nothing is compiled.

    Parameters
    ----------
    now
        The target's files and their digests, where it is known: one that the capsule has
        not is ``"new"``. By default the capsule's own files are looked at.
    """
    if "unpacked" in capsule.carried:
        return {}
    seen = now or {path: digest_of(Path(path)) for path in capsule.sources}
    changed = {}
    for path, then in capsule.sources.items():
        if not seen.get(path):
            changed[path] = "gone"
        elif seen[path] != then:
            changed[path] = "changed"
    return changed | {path: "new" for path in seen if path not in capsule.sources}


class Copies:
    """Texts written into a scratch folder, each as deep as it lay under the root.

    Parameters
    ----------
    scratch
        An empty folder.
    folder
        The one that relative names start from.
    """

    def __init__(self, scratch: Path, folder: str) -> None:
        self._root = os.path.realpath(scratch)
        self._folder = folder
        self._originals: dict[str, str] = {}

    def write(self, texts: Mapping[str, str]) -> None:
        """Write each text; a name may be relative."""
        for name, text in texts.items():
            copy = Path(self.of(name))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.resolve().parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
            self._originals[str(copy.resolve())] = name

    def of(self, name: str) -> str:
        """Return where the copy of a file or a folder lies.

        Raises
        ------
        UsageError
            If that is not in the scratch folder.
        """
        copy = self._root + os.path.join(self._folder, name)
        if not Path(os.path.normpath(copy)).is_relative_to(self._root):
            raise UsageError(f"a damaged capsule: {name!r} is no file of a program")
        return copy

    def original(self, file: str) -> str:
        """Return the name that a copy had; any other name as it is."""
        return self._originals.get(os.path.realpath(file), file)

    def in_words(self, text: str) -> str:
        """Return a text with the names that copies had."""
        for copy, name in self._originals.items():
            text = text.replace(copy, name)
        return text

    def flags(self, flags: Sequence[str]) -> list[str]:
        """Say of the copies what the flags say of files; what was not copied stays, too."""
        words: list[str] = []
        rest = iter(flags)
        for word in rest:
            option = next((each for each in _NAMING if word.startswith(each)), None)
            named = word.removeprefix(option or "")
            if option is None:
                words.append(word)
                continue
            name = named or next(rest, "")
            if option == "-include":
                words += [option, self._copied(name)]
            else:
                words += [f"{option}{self.of(name)}", f"{option}{name}"]
        return words

    def _copied(self, name: str) -> str:
        copy = self.of(name)
        return copy if os.path.exists(copy) else name


def files_gone(names: Iterable[str]) -> bool:
    """Return whether one of the files is not here: gone, or outside of this directory.

    What lies elsewhere is not for a capsule to name: its own text is taken.
    """
    return not all(inside(name) and Path(name).is_file() for name in names)
