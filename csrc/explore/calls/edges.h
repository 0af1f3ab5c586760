/* SPDX-License-Identifier: MIT */
/*
 * edges: who is told that something new came to a descriptor (EPOLLET).
 *
 * How       A descriptor has a hidden word with up to four watchers: entries of epoll. Who writes says so to each
 *           of them, after the counter; who finds something there and takes what was said is told.
 * Always    Who begins to watch touches the counter after the word: either the writer sees the word, or the watcher
 *           sees what was written.
 */
#ifndef EXPLORE_EDGES_H
#define EXPLORE_EDGES_H

#include <stdbool.h>
#include <stdint.h>

/* Something new came. */
void edge_tell(int descriptor, uint32_t site);

/* An entry of epoll begins to be told of a descriptor, or is told no more. */
void edge_watch(int descriptor, int watch, unsigned entry, uint32_t site);
void edge_unwatch(int descriptor, int watch, unsigned entry, uint32_t site);

/* Takes what was said to an entry: was anything? */
bool edge_take(int watch, unsigned entry, uint32_t site);

#endif
