/* SPDX-License-Identifier: MIT */
/*
 * cxx_calls: what C++ needs beside the C calls.
 *
 * How       The C++ library is linked into the program (-static-libstdc++ -static-libgcc), so its
 *           state is the program's, restored with it, and its calls of malloc or pthread_create come
 *           here like the program's own. What is left are its questions to the loader.
 * Unwinding Stops where the program's code ends: an exception that leaves a thread's first function
 *           finds no handler, and the C++ library ends the program.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "calls/hidden.h"
#include "calls/tables.h"
#include "program/entry.h"
#include "program/runtime.h"

#ifdef DLFO_STRUCT_HAS_EH_DBASE
SERVE(int, _dl_find_object, (void *address, struct dl_find_object *found)) {
    struct image *image = &the_runtime->image;

    if ((uintptr_t)address < image->base || (uintptr_t)address >= image->end ||
        !image->unwind_header)
        return -1;
    memset(found, 0, sizeof *found);
    found->dlfo_map_start = (void *)image->base;
    found->dlfo_map_end = (void *)image->end;
    found->dlfo_eh_frame = (void *)image->unwind_header;
    return 0;
}
#endif

/* The older question: a list of one object. */
SERVE(int, dl_iterate_phdr,
      (int (*callback)(struct dl_phdr_info *, size_t, void *), void *context)) {
    const struct image *image = &the_runtime->image;
    const ElfW(Ehdr) *elf = image->file;
    struct dl_phdr_info info;

    memset(&info, 0, sizeof info);
    info.dlpi_addr = image->base;
    info.dlpi_name = "";
    info.dlpi_phdr = (const ElfW(Phdr) *)((const char *)image->file + elf->e_phoff);
    info.dlpi_phnum = elf->e_phnum;
    info.dlpi_adds = 1;
    return callback(&info, sizeof info, context);
}

/* --- function-local statics --------------------------------------------------------------- */

/* The compiler's own code looks at the first byte, atomically; who waits is decided hidden:
 * 0 not begun, 1 being made, 2 made. */
SERVE(int, __cxa_guard_acquire, (unsigned char *guard)) {
    uint64_t state = 0;
    hidden_verb("static");
    return hidden_cas(runtime_hidden(guard), &state, 1, HIDDEN_UNLESS(1), SITE);
}

SERVE(void, __cxa_guard_release, (unsigned char *guard)) {
    uint32_t site = SITE;
    struct action *action = runtime_action(ACTION_STORE, site);
    action->address = (uintptr_t)guard;
    action->size = 1;
    action->order = ORDER_RELEASE;
    action->operand[0] = 1;
    runtime_ask();
    hidden_verb("static");
    hidden_store(runtime_hidden(guard), 2, site);
}

SERVE(void, __cxa_guard_abort, (unsigned char *guard)) {
    hidden_verb("static");
    hidden_store(runtime_hidden(guard), 0, SITE);
}

/* Of csrc/cxx/exception.cpp: its holders are counted, at an odd address, where nothing else is hidden. */
SERVE(void, heald_exception_held,
      (const unsigned char *exception, int more, const void *caller)) {
    hidden_verb("");
    hidden_rmw(runtime_hidden(exception + 3), OP_ADD, (uint64_t)(int64_t)more,
               HIDDEN_ALWAYS, runtime_site(caller, false));
}

/* Of csrc/cxx, too: what the archive wrote is read as it reads it, unseen. Else it would be memory that somebody
 * wrote behind the explorer's back. */
SERVE(void *, heald_unseen_pointer, (void *const *place)) { return *place; }

SERVE(int, heald_unseen_int, (const int *place)) { return *place; }

SERVE(const char *, gettext, (const char *text)) { return text; }

SERVE(const char *, dcgettext, (const char *domain, const char *text, int category)) {
    (void)domain;
    (void)category;
    return text;
}

/* The compiler's library asks which instructions the machine has: the plain ones. */
SERVE(unsigned long, __getauxval, (unsigned long what)) {
    (void)what;
    return 0;
}

/* 0: shared pointers count atomically, as they must with several threads. */
static char is_single_threaded;

const struct service cxx_services[] = {
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    SERVICE(_dl_find_object),
#endif
    SERVICE(dl_iterate_phdr),
    SERVICE(__cxa_guard_acquire),
    SERVICE(__cxa_guard_release),
    SERVICE(__cxa_guard_abort),
    SERVICE(heald_exception_held),
    SERVICE(heald_unseen_pointer),
    SERVICE(heald_unseen_int),
    SERVICE(gettext),
    SERVICE(dcgettext),
    SERVICE(__getauxval),
    {"__libc_single_threaded", &is_single_threaded},
    {0},
};
