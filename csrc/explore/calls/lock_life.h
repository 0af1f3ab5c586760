/* SPDX-License-Identifier: MIT */
/*
 * lock_life: whether what a call is given is a lock: there, initialised once, not destroyed.
 *
 * Why       Each of these is undefined, and most C libraries say nothing.
 * Marks     Initialising and destroying leave a mark in the object's last bytes that holds for its
 *           address alone. Both count as writes of the object, so marks are read without a race. An
 *           object that a static initialiser made anew has no mark.
 * Destroyed Is also a value of a hidden location, because a lock is used without reading its bytes. For
 *           mutexes, spin locks and semaphores it is a value of their own location; for the others
 *           a location beside it, which is looked at only in programs that call a destroy function.
 * Stack     A second initialisation at one address is of the same object only if it is on the heap, is
 *           a variable of the program, or comes from another line of the same function.
 */
#ifndef EXPLORE_LOCK_LIFE_H
#define EXPLORE_LOCK_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Above every value that a lock's own location has while it lives. */
#define LOCK_DESTROYED ((uint64_t)1 << 62)

struct lock_object {
    void *address;
    size_t bytes;
    const char *name; /* "mutex" */
    bool has_beside;  /* whether it was destroyed is told beside its own location */
};

#define LOCK(object, word)                                                               \
    ((struct lock_object){(void *)(uintptr_t)(object), sizeof *(object), (word), false})
#define LOCK_BESIDE(object, word)                                                        \
    ((struct lock_object){(void *)(uintptr_t)(object), sizeof *(object), (word), true})

/* A use: the memory is there; on the heap that is an access, so a lock that was freed is found. With
 * a location beside its own: it was not destroyed. */
void lock_life_used(struct lock_object lock, const char *verb, uint32_t site);

/* Its own location held LOCK_DESTROYED: fails, unless a static initialiser made it anew. */
void lock_life_was_destroyed(struct lock_object lock, const char *verb, uint32_t site);

/* Initialises: new if it was not initialised already. The bytes are zero, but for the mark. */
void lock_life_begins(struct lock_object lock, uint64_t value, uint32_t site);

/* Destroys. Without a location beside it, the caller then sets its own to LOCK_DESTROYED. */
void lock_life_ends(struct lock_object lock, uint32_t site);

#endif
