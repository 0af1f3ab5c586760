"""Names of a package that are loaded when they are first used.

So ``heald --version`` answers at once, and what a session does not use it does not import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Found = Callable[[str], Any]
Listed = Callable[[], list[str]]


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Found, Listed]:
    """Return ``__getattr__`` and ``__dir__`` for a package.

    Parameters
    ----------
    homes
        Name to the module in the package that has it (``"scenario"``), or to the module and
        its name there (``"explorer.program:check"``); a name that is its own home is a
        sub-package.
    """

    def found(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, there = home.partition(":")
        loaded = import_module(f"{package}.{module}")
        return loaded if module == name and not there else getattr(loaded, there or name)

    return found, lambda: sorted(homes)
