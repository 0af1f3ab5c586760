"""What a search over agents has finished, in a file, so that it can be gone on with.

One JSON object a line, written and synchronised before it counts: each share that was divided,
with what was kept and what was given, and each that is done, with its counts. The first one
is the whole tree. What is neither divided nor done is still to be visited.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from heald.explorer.shares import Share, is_point
from heald.verdicts import UsageError

Counts = dict[str, Any]


class Journal:
    """The file of one search.

    Parameters
    ----------
    path
        Made with its folder.
    resume
        Whether to go on with what the file has.

    Attributes
    ----------
    waiting
        Shares still to be visited when it was opened.
    results
        Counts of those that were done.
    """

    def __init__(self, path: Path, *, resume: bool) -> None:
        self.waiting = [Share()]
        self.results: list[Counts] = []
        goes_on = resume and path.exists()
        if goes_on:
            self._read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a" if goes_on else "w")  # noqa: SIM115 - as long as this

    def _read(self, path: Path) -> None:
        lines = path.read_bytes().split(b"\n")
        try:
            # A line that was being written when the machine stopped is none; so is its share.
            waiting = set(self.waiting)
            for entry in [json.loads(line) for line in lines[:-1]]:
                waiting.remove(_share_of(entry["share"]))
                if "counts" in entry:
                    self.results.append(dict(entry["counts"]))
                else:
                    waiting |= {_share_of(entry["kept"]), _share_of(entry["given"])}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"cannot go on with {path}: {error!r}") from error
        self.waiting = sorted(waiting, key=lambda share: -share.size)
        if lines[-1]:
            os.truncate(path, sum(len(line) + 1 for line in lines[:-1]))

    def divided(self, share: Share, kept: Share, given: Share) -> None:
        """Keep that of a share a part was given away."""
        shares = {"share": share, "kept": kept, "given": given}
        self._write({key: _to_json(each) for key, each in shares.items()})

    def done(self, share: Share, counts: Counts) -> None:
        """Keep what a share has shown."""
        self._write({"share": _to_json(share), "counts": counts})

    def _write(self, entry: Counts) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _to_json(share: Share) -> list[Any]:
    return [share.after, share.until, share.size]


def _share_of(data: Any) -> Share:
    after, until, size = data
    if not (is_point(after) and is_point(until) and isinstance(size, float | int)):
        raise ValueError(f"{data!r} is no share of a search")
    return Share(after, until, float(size))
