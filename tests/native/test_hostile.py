"""Whatever a subject does, it is a finding of that subject, and the run comes to an end.

Each act is one operation of ``c/hostile.c``; those that are fine must pass.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import heald
from heald import Call, Scenario
from heald.native import NativeSession
from heald.replaying.confined import can_confine
from tests.native.subjects import loading

HERE = Path(__file__).parent
ITSELF = r"^SIG\w+, sent by the process itself: thread 2 in "
TIMER = r"^SIG\w+ from a timer or a limit of its own: "
CALL = r"^the system call {}: thread 2 in "
BLOCKED = r"^(a system call that starts a process .* blocked|the system call \w+: )"

ACTS: list[tuple[str, str, str]] = [
    ("raise_term", "crash", ITSELF),
    ("raise_hup", "crash", ITSELF),
    ("raise_int", "crash", ITSELF),
    ("raise_quit", "crash", ITSELF),
    ("raise_usr1", "crash", ITSELF),
    ("raise_io", "crash", ITSELF),
    ("raise_xcpu", "crash", ITSELF),
    ("raise_realtime", "crash", ITSELF),
    ("raise_tstp", "forbidden call", CALL.format("tgkill")),
    ("raise_segv", "crash", ITSELF),
    ("raise_sys", "crash", ITSELF),
    ("raise_kill", "forbidden call", CALL.format("tgkill")),
    ("raise_stop", "forbidden call", CALL.format("tgkill")),
    ("kill_itself", "crash", ITSELF.replace("thread 2", r".*")),
    ("pthread_kill_itself", "crash", ITSELF),
    ("queue_to_itself", "crash", ITSELF.replace("thread 2", r".*")),
    ("reset_and_raise", "crash", "^SIGTERM, without a last word: "),
    ("broken_pipe", "crash", "^SIGPIPE, sent by the process itself: "),
    ("set_alarm", "crash", TIMER),
    ("set_timer", "crash", TIMER),
    ("set_profiling_timer", "crash", TIMER),
    ("create_timer", "crash", TIMER),
    ("limit_own_time", "forbidden call", CALL.format("(prlimit64|setrlimit)")),
    ("call_fork", "forbidden call", BLOCKED),
    ("call_vfork", "forbidden call", BLOCKED),
    ("call_clone", "forbidden call", CALL.format("clone")),
    ("call_system", "forbidden call", BLOCKED),
    ("call_popen", "forbidden call", BLOCKED),
    ("call_spawn", "forbidden call", BLOCKED),
    ("call_exec", "forbidden call", CALL.format("execve")),
    ("call_daemon", "forbidden call", BLOCKED),
    ("fork_with_signals_blocked", "forbidden call", "^a system call that starts a "),
    ("fork_as_32_bit", "forbidden call", CALL.format("number 2 through .* arch\\w+")),
    ("fork_as_x32", "forbidden call", CALL.format(r"number \d+")),
    ("kill_parent", "forbidden call", CALL.format("kill")),
    ("kill_group", "forbidden call", CALL.format("kill")),
    ("kill_everyone", "forbidden call", CALL.format("kill")),
    ("kill_thread_of_another", "forbidden call", CALL.format("tkill")),
    ("queue_to_parent", "forbidden call", CALL.format("rt_sigqueueinfo")),
    ("signal_by_descriptor", "forbidden call", CALL.format("pidfd_send_signal")),
    ("trace_itself", "forbidden call", CALL.format("ptrace")),
    ("write_into_parent", "forbidden call", CALL.format("process_vm_writev")),
    ("filter_itself", "forbidden call", CALL.format("seccomp")),
    ("input_kills_itself", "forbidden call", CALL.format("fcntl")),
    ("input_signals_parent", "forbidden call", CALL.format("fcntl")),
    ("slow_down_parent", "forbidden call", CALL.format("setpriority")),
    ("idle_parent", "forbidden call", CALL.format("sched_setscheduler")),
    ("move_parent", "forbidden call", CALL.format("sched_setaffinity")),
    ("limit_parent", "forbidden call", CALL.format("prlimit64")),
    ("timer_kills_itself", "killed", "^SIGKILL from outside, or "),
    ("filter_itself_by_prctl", "forbidden call", CALL.format("prctl")),
    ("mount_nothing", "forbidden call", CALL.format("mount")),
    ("unmount_nothing", "forbidden call", CALL.format("umount2")),
    ("set_clock", "forbidden call", CALL.format("clock_settime")),
    ("boot_again", "forbidden call", CALL.format("reboot")),
    ("name_machine", "forbidden call", CALL.format("sethostname")),
    ("take_descriptor_of_another", "forbidden call", CALL.format("pidfd_getfd")),
    ("outlive_parent", "forbidden call", CALL.format("prctl")),
    ("exit_0", "exit", r"^exit\(0\): "),
    ("exit_3", "exit", r"^exit\(3\): "),
    ("exit_at_once_0", "exit", r"^_exit\(0\) without a last word: "),
    ("exit_at_once_3", "exit", r"^_exit\(3\) without a last word: "),
    ("exit_quickly", "exit", r"^_exit\(0\) without a last word: "),
    ("end_thread", "hang", "^no progress for "),
    ("call_abort", "abort", "^abort: "),
    ("trap", "crash", r"^SIG(ILL|TRAP) at address "),
    ("write_null", "crash", "^SIGSEGV at address 0x0: "),
    ("call_null", "crash", "^SIGSEGV at address 0x0: "),
    ("write_code", "crash", "^SIGSEGV at address "),
    ("fault_in_handler", "crash", "^SIGBUS"),
    ("overflow_stack", "crash", "^SIGSEGV at address "),
    ("allocate", "memory", "^used "),
    ("map_without_end", "memory", "^used "),
    ("free_twice", "abort", "^abort: "),
    ("free_what_is_no_block", "abort|crash", "^(abort|SIG)"),
    ("write_one_past", "out of bounds", "byte 0 past its end is 0x01"),
    ("write_eight_past", "out of bounds", "byte 0 past its end is 0x01"),
    ("write_zero_past", "out of bounds", "byte 0 past its end is 0x00"),
    ("write_a_page_past", "out of bounds|crash", ""),
    ("write_before", "out of bounds|crash", ""),
    ("fill_recorder_with_ones", "wild access", "^the memory that the runner records in"),
    ("fill_recorder_with_zeroes", "wild access", "^the memory that the runner records"),
    ("fill_all_of_the_recorder", "wild access", "^the memory that the runner records in"),
    ("fill_stack", "crash|abort|hang|exit", ""),
    ("fill_library", "crash|abort|hang|exit|wild access", ""),
    ("fill_everything", "crash|abort|hang|exit|wild access", ""),
    ("unmap_itself", "crash", "^SIGSEGV"),
    ("spin", "hang", "^no progress for "),
    ("spin_unwakeable", "hang", "^no progress for "),
    ("sleep_for_ever", "hang", "^no progress for "),
    ("read_for_ever", "hang", "^no progress for "),
    ("lock_twice", "hang", "^no progress for "),
]
KERNEL: list[tuple[str, str, str]] = [
    ("protect_recorder", "crash", "^SIGSEGV, without a last word: "),
    ("freeze_recorder", "crash", "^SIGSEGV, without a last word: "),
    ("unmap_recorder", "crash", "^SIGSEGV, without a last word: "),
    ("cover_recorder", "exit|crash|hang|wild access", ""),
    ("fault_without_handler", "crash", "^SIGSEGV, without a last word: "),
    ("fault_ignored", "crash", "^SIGSEGV, without a last word: "),
    ("fault_blocked", "crash", "^SIGSEGV, without a last word: "),
    ("fault_without_stack", "crash", "^SIGSEGV at address 0x0: "),
    ("fault_in_own_handler", "crash", "^SIGSEGV at address 0x0: "),
    ("wait_for_a_signal", "hang", "^no progress for "),
    ("reach_far_down", "crash", "^SIGSEGV at address "),
    ("grow_stack_at_once", "crash", "^SIGSEGV at address "),
    ("end_by_another_thread", "exit", r"^_exit\(7\) without a last word: "),
    ("cancel_itself", "hang", "^no progress for "),
    ("become_nobody", "forbidden call", "^the system call setuid: "),
    ("become_nobody_raw", "forbidden call", CALL.format("setresuid")),
    ("timer_stops_itself", "crash", "^stopped by a timer of its own: "),
    ("timer_asks_to_stop", "crash", "^(stopped by|SIGTTIN from) a timer "),
    ("tell_nobody_of_its_end", "hang", "^no progress for "),
    ("slow_down_its_user", "forbidden call", CALL.format("setpriority")),
    ("come_last_to_disk_with_its_user", "forbidden call", CALL.format("ioprio_set")),
]
SEEN_AT_THE_END = {"tell_nobody_of_its_end"}
KERNEL_FINE = [
    "shrink_every_file",
    "punch_every_file",
    "grow_every_file",
    "cover_descriptors",
    "output_to_full",
    "input_from_itself",
    "talk_to_everybody",
    "leave_threads_asleep",
    "leave_a_thread_spinning",
    "detach_itself",
    "rob_locks",
    "leave_group",
    "begin_session",
    "hide",
    "move_root",
    "live_in_spaces_of_its_own",
    "come_first",
    "never_out_of_memory",
    "no_more_files",
    "no_more_memory",
    "no_more_stack",
    "ring_of_calls",
    "clone_the_new_way",
    "reach_for_the_machine",
]
FINE = [
    "do_nothing",
    "input_signals_itself",
    "slow_down_itself",
    "handle_own_signal",
    "handle_own_alarm",
    "ignore_broken_pipe",
    "make_a_thread",
    "allow_more_files",
    "write_last_byte",
    "name_itself",
    "reach_for_memory_of_parent",
    "close_everything",
    "open_everything",
    "go_elsewhere",
    "write_much",
    "print_controls",
]
ALL = [*ACTS, *KERNEL]
ONLY_X86 = {"fork_as_32_bit", "fork_as_x32", "fault_in_handler"}


@cache
def hostile(name: str = "do_nothing") -> heald.Subject:
    """Return the subject that has an act."""
    of_kernel = [*(act for act, *_ in KERNEL), *KERNEL_FINE]
    file, names = "hostile.c", [act for act, *_ in ACTS if _is_possible(act)] + FINE
    if name in of_kernel:
        file, names = "hostile_kernel.c", ["do_nothing", *of_kernel]
    return heald.Subject(
        HERE / "c" / file,
        state="struct state",
        ops={each: heald.op(f"void {each}(struct state *)") for each in names},
    )


def _is_possible(name: str) -> bool:
    return name not in ONLY_X86 or platform.machine() == "x86_64"


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession(hang_s=0.4, memory_bytes=512 << 20) as opened:
        yield opened


def act(name: str) -> Scenario:
    return Scenario(threads=((Call("do_nothing"),), (Call(name),)))


def test_there_are_enough_of_them() -> None:
    assert len({name for name, *_ in ALL}) >= 60


@pytest.mark.parametrize(
    ("name", "kinds", "message"), ALL, ids=[name for name, *_ in ALL]
)
def test_act_is_a_finding_and_the_run_goes_on(
    session: NativeSession, name: str, kinds: str, message: str
) -> None:
    if not _is_possible(name):
        pytest.skip("another processor")
    result = session.run(
        hostile(name),
        act(name),
        seed=1,
        budget_s=1.0 if name in SEEN_AT_THE_END else 60.0,
        check_power=False,
        most_lost=1,
    )
    (finding,) = result.findings
    assert re.fullmatch(kinds, finding.kind), finding
    assert re.search(message, finding.message), finding.message
    after = session.run(
        hostile(name),
        act("do_nothing"),
        seed=2,
        budget_s=20.0,
        check_power=False,
        stop_when=bool,
    )
    assert after.samples > 0
    assert not after.findings


@pytest.mark.parametrize("name", [*FINE, *KERNEL_FINE])
def test_what_only_looks_like_it_is_fine(session: NativeSession, name: str) -> None:
    if name == "reach_for_memory_of_parent" and not can_confine():
        pytest.skip("the kernel has no Landlock")
    result = session.run(
        hostile(name),
        act(name),
        seed=1,
        budget_s=60.0,
        check_power=False,
        most_samples=2000,
    )
    assert not result.findings
    assert not [doubt for doubt in result.doubts if "overlapped" not in doubt]
    assert result.samples >= 2000


@pytest.mark.parametrize(
    ("what", "kind", "message"),
    [
        ("abort()", "abort", "abort: "),
        ("fork()", "forbidden call", ""),
        ("_exit(0)", "exit", r"_exit\(0\)"),
        ("raise(SIGTERM)", "crash", "SIGTERM, sent by the process itself"),
        ("for (;;)", "hang", "no progress for "),
        ("++*nowhere", "crash", "SIGSEGV at address 0x0"),
    ],
)
def test_constructor_is_confined_like_the_rest(
    session: NativeSession, what: str, kind: str, message: str
) -> None:
    scenario = Scenario(threads=((Call("nothing"),),))
    result = session.run(loading(what), scenario, seed=1, budget_s=1.0)
    (finding,) = result.findings
    assert finding.kind == kind
    assert finding.scenario == scenario
    beginning = "^loading the subject ended its process: "
    assert re.search(beginning + message, finding.message), finding.message
