/* SPDX-License-Identifier: MIT */
/*
 * transfer: move bytes from one descriptor to another without passing them through the program.
 *
 * Why       Each method is three lines in a manual page and a dozen in a server that never
 *           loses a byte. The files beside this one are the dozen lines.
 * Form      int METHOD(int out, int in, off_t *offset, size_t count, size_t *moved)
 * Moves     up to `count` bytes, fewer only if `in` ends before. SIZE_MAX: until it ends.
 * From      *offset, which is advanced, with the position of `in` untouched; or, with offset
 *           NULL, from the position of `in`, which is advanced. Streams have no offset.
 * To        the position of `out`, which is advanced.
 * Returns   0 when all was moved or `in` has ended; -1 with errno when the kernel refused.
 *           *moved is exact in both cases, and so are offset and positions: a caller may go on
 *           from where it stopped. To a socket, moved means queued, not delivered.
 * Waits     EINTR is retried; where a descriptor is non-blocking, EAGAIN is waited out with
 *           poll. O_NONBLOCK is never changed.
 * Signals   A peer that is gone gives EPIPE or ECONNRESET, and no SIGPIPE.
 * Leaves    no descriptor open, and for files no byte unaccounted.
 * Together  Several transfers at a time, each with an offset and an `out` of its own, may read
 *           from one `in`; otherwise one at a time per descriptor. `in` and `out` are
 *           different files.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <stddef.h>
#include <sys/types.h>

/* copied: the source may be changed as soon as the call has returned. shared: it may not, until
 * the receiver has acknowledged the bytes at a level above the socket, as the pages of the
 * source itself are queued. Between two files all methods copy. */

int sendfile_all(int out, int in, off_t *offset, size_t count,
                 size_t *moved);                                             /* shared */
int splice_all(int out, int in, off_t *offset, size_t count, size_t *moved); /* shared */
int event_all(int out, int in, off_t *offset, size_t count, size_t *moved);  /* shared */
int best_all(int out, int in, off_t *offset, size_t count, size_t *moved);   /* shared */
int copy_range_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int mmap_write_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int sparse_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int read_write_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int uring_all(int out, int in, off_t *offset, size_t count, size_t *moved); /* shared */
int vmsplice_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int zerocopy_all(int out, int in, off_t *offset, size_t count, size_t *moved);
int send_zc_all(int out, int in, off_t *offset, size_t count, size_t *moved);

/* A pipe to `out`, with a second copy into the pipe `copy`. */
int tee_all(int out, int copy, int in, size_t count, size_t *moved); /* shared */

#endif
