"""``--cluster`` and its certificates, as all commands that take agents have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.cluster.backend import Backend

_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    click.option(
        "--cluster",
        metavar="WHERE",
        help="Use agents: local:N, ssh:HOST,..., tls://SCHEDULER:8786 (docs/cluster.md).",
    ),
    click.option(
        "--cluster-ca", type=_FILE, help="Who signed the cluster's certificates."
    ),
    click.option("--cluster-cert", type=_FILE, help="Our own certificate."),
    click.option("--cluster-key", type=_FILE, help="Its key."),
    click.option(
        "--cluster-insecure",
        is_flag=True,
        help="Take a scheduler off loopback without TLS: whoever reaches it runs programs.",
    ),
)


@dataclass(frozen=True)
class Cluster:
    """What was said of a cluster.

    Attributes
    ----------
    where
        ``None``: there is none.
    """

    where: str | None
    ca: Path | None
    certificate: Path | None
    key: Path | None
    insecure: bool

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Cluster:
        """Take the options out of a command's others."""
        names = ("cluster", "cluster_ca", "cluster_cert", "cluster_key")
        where, ca, certificate, key = (options.pop(name) for name in names)
        return cls(where, ca, certificate, key, options.pop("cluster_insecure"))

    def backend(self) -> Backend:
        """Return its agents."""
        from heald.cluster.reaching import backend_of

        assert self.where is not None
        return backend_of(
            self.where,
            ca=self.ca,
            certificate=self.certificate,
            key=self.key,
            insecure=self.insecure,
        )


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a cluster to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def exploring_on(
    cluster: Cluster, *, parts: int | None = None, resume: bool = False
) -> Iterator[None]:
    """Let exhaustive searches be made by the agents of a cluster, if there is one."""
    if cluster.where is None:
        if parts or resume:
            raise UsageError("--resume and --parts are for a search with --cluster")
        yield
        return
    from heald.cluster.searching import ClusterSearch
    from heald.explorer.process import exploring

    search = ClusterSearch(cluster.backend(), parts=parts, resume=resume)
    try:
        with exploring(search):
            yield
    finally:
        search.close()
