"""Where agents are, as people say it: ``local:4``, ``ssh:arm,big``, ``tls://HOST:8786``."""

from __future__ import annotations

from pathlib import Path

from heald.cluster.backend import Backend
from heald.verdicts import UsageError

#: What ``--cluster`` takes, for help texts and errors.
FORMS = "local:N, ssh:HOST,HOST or tls://HOST:PORT"
_MOST_LOCAL = 1024


def backend_of(
    text: str,
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    insecure: bool = False,
) -> Backend:
    """Return the agents that a ``--cluster`` names.

    Parameters
    ----------
    ca, certificate, key, insecure
        For the scheduler of a Dask cluster.

    Raises
    ------
    UsageError
        Says what is accepted.
    """
    from heald.cluster.pipes import local_backend, ssh_backend

    form, _, rest = text.partition(":")
    if form == "local" and rest.isdecimal() and 1 <= int(rest) <= _MOST_LOCAL:
        return local_backend(int(rest))
    if form == "ssh" and rest:
        hosts = [host for host in rest.split(",") if host]
        # What ssh would take for an option is no host.
        if hosts and not any(host.startswith("-") for host in hosts):
            return ssh_backend(hosts)
    if form in ("tcp", "tls"):
        from heald.cluster.dask_backend import Certificates, DaskBackend

        return DaskBackend(text, Certificates(ca, certificate, key, insecure))
    raise UsageError(f"--cluster takes {FORMS}; got {text!r}")
