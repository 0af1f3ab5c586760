/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

unsigned char arena_old_byte(unsigned fill, size_t at) {
    /* The second room is the complement of the first, so every single bit differs. */
    unsigned byte = (unsigned)(at * 131u + (at >> 8) * 29u);
    return (unsigned char)(fill ? ~byte : byte);
}

void arena_restore(struct arena *arena, unsigned fill, size_t at, size_t size) {
    for (size_t i = at; i < at + size; i++)
        arena->room[fill][i] = arena_old_byte(fill, i);
}

int arena_touched(const struct arena *arena, unsigned fill, size_t at, size_t size) {
    for (size_t i = at; i < at + size; i++)
        if (arena->room[fill][i] != arena_old_byte(fill, i))
            return 1;
    return 0;
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
        if (mprotect(arena->room[fill], arena->room_size, PROT_READ | PROT_WRITE))
            return errno;
        arena_restore(arena, fill, 0, arena->room_size);
    }
    return 0;
}

void arena_close(struct arena *arena) {
    for (unsigned fill = 0; fill < ARENA_FILLS; fill++)
        if (arena->room[fill])
            munmap(arena->room[fill] - arena->page, arena->room_size + 2 * arena->page);
    *arena = (struct arena){0};
}
