// SPDX-License-Identifier: MIT
/*
 * once: pthread_once as std::call_once needs it: its function may leave by an exception.
 *
 * Why       An exception cannot pass through the explorer's own frames, which the program's unwinder does not
 *           know; through these it can. Who called is then not done, and the next caller tries again.
 */
#include <pthread.h>

extern "C" {
bool heald_once_begins(const void *control, const void *caller);
void heald_once_ends(const void *control, bool is_done, const void *caller);

int pthread_once(pthread_once_t *control, void (*routine)(void)) {
    const void *caller = __builtin_return_address(0);

    if (!heald_once_begins(control, caller))
        return 0;
    try {
        routine();
    } catch (...) {
        heald_once_ends(control, false, caller);
        throw;
    }
    heald_once_ends(control, true, caller);
    return 0;
}
}
