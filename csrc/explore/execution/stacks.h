/* SPDX-License-Identifier: MIT */
/*
 * stacks: use of the stack, or of the thread-local storage, of a thread that has ended.
 *
 * Why       Both go with their thread. Another thread may use them only before that: whoever uses
 *           them without being ordered before the end uses memory that may be gone.
 * How       As with a block that is freed: the end is the free. A use is judged when it is made, if
 *           the owner has ended by then, and the end is judged if uses were made before it.
 * Cost      Nearly every program leaves them alone. So it is kept whether one thread ever used those of
 *           another, and only then an end is compared with the uses that it does not come after.
 * Before    In po and rf: what the owner has read, however weakly, was written while it lived.
 * Not       The first thread's: with it the process ends. Nor frames of functions that have returned
 *           while their thread goes on.
 */
#ifndef EXPLORE_STACKS_H
#define EXPLORE_STACKS_H

#include "execution/explorer.h"
#include "graph/node.h"

/* The same as stacks_dead_owner of a use of such memory, whose ever. */
const struct event *stacks_end_of_owner(struct explorer *explorer,
                                        const struct event *event);

/* A use of memory; NULL: sound, else the end of the thread whose memory it is. */
static inline const struct event *stacks_dead_owner(struct explorer *explorer,
                                                    const struct event *event) {
    const struct explore_options *options = explorer->options;
    uintptr_t address = event->node->action.address;
    if ((address < options->stacks_begin || address >= options->stacks_end) &&
        (address < options->tls_begin || address >= options->tls_end))
        return NULL;
    return stacks_end_of_owner(explorer, event);
}

/* The end of a thread; NULL: sound, else a use of its memory that is not ordered before it. */
const struct event *stacks_late_use(const struct explorer *explorer,
                                    const struct event *finish);

#endif
