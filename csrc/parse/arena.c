/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

unsigned char arena_old_byte(unsigned fill, size_t at) {
    /* The second room is the complement of the first, so every single bit differs. */
    unsigned byte = (unsigned)(at * 131u + (at >> 8) * 29u);
    return (unsigned char)(fill ? ~byte : byte);
}

void arena_restore(struct arena *arena, unsigned fill, size_t at, size_t size) {
    memcpy(arena->room[fill] + at, arena->old[fill] + at, size);
}

int arena_touched(const struct arena *arena, unsigned fill, size_t at, size_t size) {
    return memcmp(arena->room[fill] + at, arena->old[fill] + at, size) != 0;
}

/* Nobody can write to it, so what it says stays true whatever a parser does. */
static unsigned char *map_old_bytes(unsigned fill, size_t size) {
    unsigned char *old =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (old == MAP_FAILED)
        return NULL;
    for (size_t i = 0; i < size; i++)
        old[i] = arena_old_byte(fill, i);
    mprotect(old, size, PROT_READ);
    return old;
}

int arena_open(struct arena *arena, size_t room_size) {
    arena->page = (size_t)sysconf(_SC_PAGESIZE);
    arena->room_size = (room_size + arena->page - 1) / arena->page * arena->page;
    for (unsigned fill = 0; fill < ARENA_FILLS; fill++) {
        unsigned char *whole = mmap(NULL, arena->room_size + 2 * arena->page, PROT_NONE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (whole == MAP_FAILED)
            return errno;
        arena->room[fill] = whole + arena->page;
        arena->old[fill] = map_old_bytes(fill, arena->room_size);
        if (arena->old[fill] == NULL)
            return errno;
        if (mprotect(arena->room[fill], arena->room_size, PROT_READ | PROT_WRITE))
            return errno;
        arena_restore(arena, fill, 0, arena->room_size);
    }
    return 0;
}

void arena_close(struct arena *arena) {
    for (unsigned fill = 0; fill < ARENA_FILLS; fill++) {
        if (arena->room[fill])
            munmap(arena->room[fill] - arena->page, arena->room_size + 2 * arena->page);
        if (arena->old[fill])
            munmap(arena->old[fill], arena->room_size);
    }
    *arena = (struct arena){0};
}
