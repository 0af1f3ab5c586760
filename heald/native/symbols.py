"""From return addresses of a dead process to functions and source lines.

``addr2line`` comes with every C compiler; without it a frame stays ``object+offset``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from heald.building.places import frames_at

_OURS = "/proc/self/exe"


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a backtrace.

    Attributes
    ----------
    function
        Its name, or ``object+0x1234`` where that is not known.
    file, line
        Of the source; ``None`` without debug information.
    loaded_from
        The object it is in; ``None`` where the address is in none.
    """

    function: str
    file: str | None = None
    line: int | None = None
    loaded_from: str | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """Return the parts by name."""
        return {"function": self.function, "file": self.file, "line": self.line}

    def is_in(self, library: Path) -> bool:
        """Whether it is code of this object."""
        return self.loaded_from == str(library)

    def __str__(self) -> str:
        return (
            f"{self.function} at {self.file}:{self.line}" if self.file else self.function
        )


def resolve(
    addresses: Sequence[int], modules: Iterable[tuple[int, int, str]]
) -> list[Frame]:
    """Resolve a backtrace, innermost first, without the runner's own frames.

    Parameters
    ----------
    addresses
        The first is an instruction, the others are return addresses.
    modules
        (base, end, path) of every object that was loaded.
    """
    known = sorted(modules)
    frames = []
    for level, address in enumerate(addresses):
        if address == 0:
            frames.append(Frame("a null function pointer"))
            continue
        module = next((m for m in known if m[0] <= address < m[1]), None)
        if module is None:
            frames.append(Frame(f"{address:#x}, not in any loaded object"))
        elif module[2] != _OURS:
            # A return address is behind its call, which may be the line before.
            offset = address - module[0] - (1 if level else 0)
            frames.append(_frame(module[2], offset))
    return [frame for frame in frames if not frame.function.startswith("heald_call_")]


@lru_cache(maxsize=4096)
def _frame(path: str, offset: int) -> Frame:
    places = frames_at(Path(path), [offset]).get(offset)
    if not places:
        return Frame(f"{Path(path).name}+{offset:#x}", loaded_from=path)
    place = places[0]
    if not place.line:
        return Frame(place.function, loaded_from=path)
    return Frame(place.function, place.file, place.line, path)
