// SPDX-License-Identifier: MIT
/*
 * waits: what libc++ keeps in its archive of std::atomic's wait and notify.
 *
 * Why       They work on counts of their own, by atomic operations that nobody would see.
 * How       As the language has it: who waits sleeps until it is notified. A four-byte integer is waited on
 *           itself; anything else by a count, one of 64 by its address, that each notification raises.
 *           Two that share a count wake each other for nothing, as in libc++.
 * Otherwise libc++ notifies only where it knows of somebody who waits, and who waits looks again after two
 *           seconds, because by the letter of the model the one may miss the other. Here everybody is notified
 *           and nobody looks again: a program that forgets to notify is found waiting.
 */
#include <__thread/poll_with_backoff.h> /* in programs: the one below include/ */
#include <atomic>
#include <climits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

_LIBCPP_BEGIN_NAMESPACE_STD

using word = const volatile __cxx_atomic_contention_t;

static int counts[64];

static int *count_of(const volatile void *place) {
    return &counts[(reinterpret_cast<__UINTPTR_TYPE__>(place) >> 3) % 64];
}

static void wait_on(const volatile void *at, int value) {
    syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void wake(const volatile void *at, int most) {
    syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, most, nullptr, nullptr, 0);
}

static void notify(const volatile void *place) {
    int *count = count_of(place);

    __atomic_fetch_add(count, 1, __ATOMIC_RELEASE);
    wake(count, INT_MAX);
}

void __cxx_atomic_notify_one(const volatile void *place) { notify(place); }
void __cxx_atomic_notify_all(const volatile void *place) { notify(place); }
void __cxx_atomic_notify_one(word *place) { wake(place, 1); }
void __cxx_atomic_notify_all(word *place) { wake(place, INT_MAX); }

__cxx_contention_t __libcpp_atomic_monitor(const volatile void *place) {
    return __atomic_load_n(count_of(place), __ATOMIC_ACQUIRE);
}

__cxx_contention_t __libcpp_atomic_monitor(word *place) {
    return __atomic_load_n(reinterpret_cast<const volatile int *>(place),
                           __ATOMIC_ACQUIRE);
}

void __libcpp_atomic_wait(const volatile void *place, __cxx_contention_t seen) {
    wait_on(count_of(place), seen);
}

void __libcpp_atomic_wait(word *place, __cxx_contention_t seen) { wait_on(place, seen); }

_LIBCPP_END_NAMESPACE_STD
