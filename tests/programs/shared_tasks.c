/* SPDX-License-Identifier: MIT */
/*
 * shared_tasks: workers draw task numbers until none is left; each task is done once.
 *
 * Bug       -DTWO_STEPS draws with a load and a store: a task is done twice.
 */
#include "start.h"

enum { TASKS = 3 };

static atomic_int next_task;
static atomic_int done[TASKS];

static int draw(void) {
#ifdef TWO_STEPS
    const int task = atomic_load(&next_task);
    atomic_store(&next_task, task + 1);
    return task;
#else
    return atomic_fetch_add_explicit(&next_task, 1, memory_order_relaxed);
#endif
}

static void *work(void *number) {
    for (int task = draw(); task < TASKS; task = draw())
        assert(atomic_fetch_add(&done[task], 1) == 0);
    return number;
}

int main(void) {
    run_same(2, work);
    for (int task = 0; task < TASKS; task++)
        assert(atomic_load(&done[task]) == 1);
    return 0;
}
