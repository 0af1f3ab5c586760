/* SPDX-License-Identifier: MIT */
/*
 * serve: many searches of one program, one after the other, each in a child of this process.
 *
 * Why       Starting a process and loading a program costs more than exploring a small scenario; a
 *           question about orders is a thousand of those. A child begins where loading ended, shares
 *           nothing with those before it, and when it crashes the next one does not know.
 * Reads     On standard input, for each search: the length in bytes (32 bits, little endian) of what
 *           follows, then the words of the command line, each with its NUL.
 * Writes    What the search writes, then {"type": "end", "status": N}: the child's exit status, or
 *           minus the signal that killed it.
 * Ends      When standard input does, the child with it. SIGTERM is passed on to the child; SIGINT of
 *           a terminal reaches it anyway.
 */
#ifndef EXPLORE_SERVE_H
#define EXPLORE_SERVE_H

/* Does not return in the parent. In a child: returns the words of its search, NULL at their end. */
char **serve(int *count);
/* The child can be asked for an end from now on; what was asked before is told now. */
void serve_listen(void);

#endif
