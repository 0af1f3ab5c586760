/* SPDX-License-Identifier: MIT */
/*
 * unseen: memory that changed although no thread said so.
 *
 * Why       Inline assembly and code without instrumentation write behind the explorer's back. What
 *           it then says of the program may be wrong, so it must notice where it can.
 * How       Whenever a thread really runs past a read, memory is compared with what the graph says
 *           was written there last: real runs obey po and rf, so without a race it is the same.
 * Then      An atomic object that changed cannot be modelled: its values come from the graph. The
 *           program is refused, by place. Plain memory holds what a real run finds there, but
 *           remembered behaviour does not depend on it: so nothing is remembered any more, the
 *           search begins anew if nothing was counted yet, and the result carries a note.
 * Limits    Stacks are not looked at (compilers write there without a word), nor what library calls
 *           read, nor bytes of the heap that nobody was seen to write; nor anything with races allowed.
 */
#ifndef EXPLORE_UNSEEN_H
#define EXPLORE_UNSEEN_H

#include "execution/explorer.h"

/* Before the real thread goes past the event. 0: the program was refused. */
int unseen_look(struct explorer *explorer, const struct event *event);

#endif
