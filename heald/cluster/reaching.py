"""Where agents are, as people say it: ``local:4``, ``ssh:arm,big``."""

from __future__ import annotations

from heald.cluster.backend import Backend
from heald.verdicts import UsageError

#: What ``--cluster`` takes, for help texts and errors.
FORMS = "local:N or ssh:HOST,HOST"
_MOST_LOCAL = 1024


def backend_of(text: str) -> Backend:
    """Return the agents that a ``--cluster`` names.

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
    raise UsageError(f"--cluster takes {FORMS}; got {text!r}")
