"""``--cluster`` as commands that explore have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heald.verdicts import UsageError


@contextmanager
def exploring_on(
    cluster: str | None, *, parts: int | None = None, resume: bool = False
) -> Iterator[None]:
    """Let exhaustive searches be made by agents; by this machine if `cluster` is ``None``."""
    if cluster is None:
        if parts or resume:
            raise UsageError("--resume and --parts are for a search with --cluster")
        yield
        return
    from heald.cluster.reaching import backend_of
    from heald.cluster.searching import ClusterSearch
    from heald.explorer.process import exploring

    search = ClusterSearch(backend_of(cluster), parts=parts, resume=resume)
    try:
        with exploring(search):
            yield
    finally:
        search.close()
