"""Names of the system calls that a subject may not make, by the number that the kernel says.

Those of ``csrc/stress/confine.c`` and ``csrc/include/heald/filter.h``: what starts processes,
reaches others, or changes the machine for everybody.
"""

from __future__ import annotations

import platform

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SYSTEM_CALLS = {
    "x86_64": {
        16: "ioctl",
        56: "clone",
        57: "fork",
        58: "vfork",
        59: "execve",
        62: "kill",
        72: "fcntl",
        101: "ptrace",
        129: "rt_sigqueueinfo",
        141: "setpriority",
        142: "sched_setparam",
        144: "sched_setscheduler",
        155: "pivot_root",
        157: "prctl",
        160: "setrlimit",
        163: "acct",
        164: "settimeofday",
        165: "mount",
        166: "umount2",
        167: "swapon",
        168: "swapoff",
        169: "reboot",
        170: "sethostname",
        171: "setdomainname",
        175: "init_module",
        176: "delete_module",
        200: "tkill",
        203: "sched_setaffinity",
        227: "clock_settime",
        234: "tgkill",
        246: "kexec_load",
        297: "rt_tgsigqueueinfo",
        302: "prlimit64",
        311: "process_vm_writev",
        313: "finit_module",
        314: "sched_setattr",
        317: "seccomp",
        320: "kexec_file_load",
        322: "execveat",
        424: "pidfd_send_signal",
        429: "move_mount",
        438: "pidfd_getfd",
    },
    "aarch64": {
        25: "fcntl",
        29: "ioctl",
        39: "umount2",
        40: "mount",
        41: "pivot_root",
        89: "acct",
        104: "kexec_load",
        105: "init_module",
        106: "delete_module",
        112: "clock_settime",
        117: "ptrace",
        118: "sched_setparam",
        119: "sched_setscheduler",
        122: "sched_setaffinity",
        129: "kill",
        130: "tkill",
        131: "tgkill",
        138: "rt_sigqueueinfo",
        140: "setpriority",
        142: "reboot",
        161: "sethostname",
        162: "setdomainname",
        164: "setrlimit",
        167: "prctl",
        170: "settimeofday",
        220: "clone",
        221: "execve",
        224: "swapon",
        225: "swapoff",
        240: "rt_tgsigqueueinfo",
        261: "prlimit64",
        271: "process_vm_writev",
        273: "finit_module",
        274: "sched_setattr",
        277: "seccomp",
        281: "execveat",
        294: "kexec_file_load",
        424: "pidfd_send_signal",
        429: "move_mount",
        438: "pidfd_getfd",
    },
}


def name_of_call(number: int, architecture: int) -> str:
    """Return the name of a call that was refused, or what can be said without one."""
    machine = platform.machine()
    if architecture != _ARCHITECTURES.get(machine, architecture):
        return f"number {number} through the entry of another architecture"
    return _SYSTEM_CALLS.get(machine, {}).get(number, f"number {number}")
