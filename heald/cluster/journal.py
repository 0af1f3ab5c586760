"""What a search over agents has finished, in a file, so that it can be gone on with.

One JSON object a line, written and synchronised before it counts: first the shares that the
search began with, then each share that is done, with its counts and what was left of it. What
is neither done nor left by anybody is still to be visited.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from heald.cluster.shares import Share
from heald.verdicts import UsageError

Counts = dict[str, Any]


class Journal:
    """The file of one search.

    Parameters
    ----------
    path
        Made with its folder.
    shares, deal
        What the search begins with, if there is nothing to go on with.
    resume
        Whether to go on with what the file has.

    Attributes
    ----------
    waiting
        Shares still to be visited when it was opened.
    results
        Counts of those that were done.
    """

    def __init__(
        self, path: Path, shares: Sequence[Share], deal: int, *, resume: bool
    ) -> None:
        self.waiting = list(shares)
        self.deal = deal
        self.results: list[Counts] = []
        if resume and path.exists():
            self._read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        begins_anew = not self.results
        self._file = open(path, "w" if begins_anew else "a")  # noqa: SIM115 - as long as this
        if begins_anew:
            begun = [share.to_json() for share in self.waiting]
            self._write({"deal": deal, "shares": begun})

    def _read(self, path: Path) -> None:
        lines = path.read_bytes().split(b"\n")
        try:
            # A line that was being written when the machine stopped is none; so is its share.
            head, *done = [json.loads(line) for line in lines[:-1]]
            waiting = {Share.from_json(share) for share in head["shares"]}
            results = []
            for entry in done:
                waiting.remove(Share.from_json(entry["share"]))
                waiting |= {Share.from_json(share) for share in entry["rest"]}
                results.append(dict(entry["counts"]))
            self.deal = int(head["deal"])
        except (ValueError, KeyError, TypeError, UsageError) as error:
            raise UsageError(f"cannot go on with {path}: {error!r}") from error
        self.waiting, self.results = sorted(waiting, key=Share.to_json), results
        if lines[-1]:
            os.truncate(path, sum(len(line) + 1 for line in lines[:-1]))

    def done(self, share: Share, counts: Counts, rest: Sequence[Share]) -> None:
        """Keep what a share has shown, and what it has left to others."""
        plain = replace(share, losses=())
        left = [each.to_json() for each in rest]
        self._write({"share": plain.to_json(), "counts": counts, "rest": left})

    def _write(self, entry: Counts) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()
