/* SPDX-License-Identifier: MIT */
/*
 * parking: one that sleeps says so, and is woken only if it has.
 *
 * Orders    A seq_cst fence on each side lies between what a thread says and what it looks at;
 *           the kernel's own look at the bell is behind the sleeper's.
 */
#define _GNU_SOURCE
#include "start.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FENCE memory_order_seq_cst

static atomic_int bell, sleepers, work;

static void *guest(void *number) {
    for (;;) {
        const int heard = atomic_load_explicit(&bell, memory_order_acquire);
        if (atomic_exchange_explicit(&work, 0, memory_order_acquire))
            return number;
        atomic_fetch_add_explicit(&sleepers, 1, memory_order_relaxed);
        atomic_thread_fence(FENCE);
        syscall(SYS_futex, &bell, FUTEX_WAIT_PRIVATE, heard, NULL, NULL, 0);
        atomic_fetch_sub_explicit(&sleepers, 1, memory_order_relaxed);
    }
}

static void *host(void *number) {
    atomic_store_explicit(&work, 1, memory_order_release);
    atomic_fetch_add_explicit(&bell, 1, memory_order_release);
    atomic_thread_fence(FENCE);
    if (atomic_load_explicit(&sleepers, memory_order_relaxed) != 0)
        syscall(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return number;
}

int main(void) {
    thread_function *const functions[] = {guest, host};
    run_threads(2, functions);
    return 0;
}
