/* SPDX-License-Identifier: MIT */
/*
 * foreign_parts: where in a program's memory a call of its reads or writes bytes.
 *
 * Which     read, pread, readv, preadv, preadv2, recvfrom, recvmsg, recvmmsg, and their
 *           writing ones; of several messages the first one is made, alone.
 * Let alone Calls whose meaning is more than bytes: descriptors or other control
 *           data beside them, MSG_WAITALL (which comes back whole), MSG_OOB, MSG_ZEROCOPY, RWF_ flags.
 */
#ifndef HEALD_FAULTS_FOREIGN_PARTS_H
#define HEALD_FAULTS_FOREIGN_PARTS_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

enum foreign_kind { FOREIGN_READ = 1, FOREIGN_WRITE = 2 };

#define FOREIGN_PARTS 16

struct foreign_parts {
    struct iovec its[FOREIGN_PARTS]; /* in the program's memory */
    size_t count;
    size_t bytes; /* of these parts together */
    bool is_placed;
    off_t place;      /* in the file, if it is placed */
    bool is_message;  /* recvfrom, recvmsg and the sending ones */
    int flags;        /* of a message */
    uint64_t message; /* where the program's struct msghdr is, 0: there is none */
    uint64_t name, name_length; /* where recvfrom wants the sender's, 0: it does not */
    bool is_of_many;            /* the message is the first struct mmsghdr */
};

/* 0 for a call of another kind. */
enum foreign_kind foreign_parts_kind_of(int number);

/* Reads it from the call; false: let it alone. */
bool foreign_parts_of(const struct seccomp_notif *asked, struct foreign_parts *parts);

/* Leaves the first bytes only. */
void foreign_parts_cut(struct foreign_parts *parts, size_t bytes);

/* Carries `bytes` between `here` and the parts; false: its memory is not so. */
bool foreign_parts_carry(const struct seccomp_notif *asked,
                         const struct foreign_parts *parts, void *here, size_t bytes,
                         bool back);

/* Tells the program how many bytes of the first of its messages were moved. */
bool foreign_parts_count(const struct seccomp_notif *asked,
                         const struct foreign_parts *parts, size_t bytes);

/* Tells recvfrom who the sender is. */
bool foreign_parts_name(const struct seccomp_notif *asked,
                        const struct foreign_parts *parts, const void *name,
                        uint32_t length);

/* Tells the program's struct msghdr, if there is one, that nothing but bytes came. */
bool foreign_parts_received(const struct seccomp_notif *asked,
                            const struct foreign_parts *parts);

#endif
