/* SPDX-License-Identifier: MIT */
/* resolve: see resolve.h. */
#define _GNU_SOURCE
#include "program/resolve.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "failure.h"
#include "program/entry.h"
#include "program/library_data.h"
#include "program/runtime.h"

/* Pure, or working on memory that only the caller has: the library's own will do. */
static const char *const library_calls[] = {
    "abs",
    "labs",
    "llabs",
    "imaxabs",
    "div",
    "ldiv",
    "lldiv",
    "ffs",
    "ffsl",
    "ffsll",
    "isalnum",
    "isalpha",
    "isblank",
    "iscntrl",
    "isdigit",
    "isgraph",
    "islower",
    "isprint",
    "ispunct",
    "isspace",
    "isupper",
    "isxdigit",
    "tolower",
    "toupper",
    "__ctype_b_loc",
    "__ctype_tolower_loc",
    "__ctype_toupper_loc",
    "__ctype_get_mb_cur_max",
    "strerror",
    "htonl",
    "htons",
    "ntohl",
    "ntohs",
    "__duplocale",
    "__iswctype_l",
    "__towlower_l",
    "__towupper_l",
    "nl_langinfo",
    "iswctype",
    "towlower",
    "towupper",
    "isalpha_l",
    "isblank_l",
    "iscntrl_l",
    "isdigit_l",
    "islower_l",
    "isprint_l",
    "ispunct_l",
    "isspace_l",
    "isupper_l",
    "isxdigit_l",
    "iswalpha_l",
    "iswblank_l",
    "iswcntrl_l",
    "iswdigit_l",
    "iswlower_l",
    "iswprint_l",
    "iswpunct_l",
    "iswspace_l",
    "iswupper_l",
    "iswxdigit_l",
    "iswctype_l",
    "tolower_l",
    "toupper_l",
    "towlower_l",
    "towupper_l",
    "btowc",
    "wctob",
    "__freelocale",
    "__uselocale",
    "freelocale",
    "uselocale",
    "__nl_langinfo_l",
    "localeconv",
    NULL,
};

static bool is_library_call(const char *name) {
    for (size_t i = 0; library_calls[i]; i++)
        if (strcmp(library_calls[i], name) == 0)
            return true;
    return false;
}

/* What in the mathematical library reads or writes behind a pointer: served, or refused. */
static const char *const pointed[] = {
    "frexp", "modf",       "remquo",     "sincos",     "lgamma",       "gamma_r",
    "nan",   "getpayload", "setpayload", "totalorder", "canonicalize", NULL,
};

static bool takes_pointers(const char *name) {
    for (size_t i = 0; pointed[i]; i++)
        if (strncmp(name, pointed[i], strlen(pointed[i])) == 0)
            return strcmp(pointed[i], "lgamma") != 0 || strstr(name, "_r");
    return false;
}

/* Everything else there is a function of its arguments. */
static uintptr_t find_library_call(const char *name) {
    void *address = dlsym(RTLD_DEFAULT, name);
    Dl_info info;

    if (!address)
        return 0;
    if (is_library_call(name))
        return (uintptr_t)address;
    if (!takes_pointers(name) && dladdr(address, &info) && info.dli_fname &&
        strstr(info.dli_fname, "/libm"))
        return (uintptr_t)address;
    return 0;
}

/* --- traps for everything else ------------------------------------------------------------ */

enum { TRAP_COUNT = 1024, TRAP_BYTES = 32 };

static const char *trap_name[TRAP_COUNT];
static bool trap_is_of_library[TRAP_COUNT];
static unsigned trap_count;
static unsigned char *trap_code;

__attribute__((used, noreturn)) static void refuse_call(unsigned index) {
    runtime_fail(
        FAILURE_UNSUPPORTED, SITE,
        trap_is_of_library[index]
            ? "the program calls `%s`, which the explorer cannot model"
            : "the program calls `%s`, which no file given defines: name the file "
              "that does as well",
        trap_name[index]);
}

static void write_trap(unsigned char *code, unsigned index) {
    uintptr_t target = (uintptr_t)refuse_call;
#if defined(__x86_64__)
    code[0] = 0xBF; /* mov $index, %edi */
    memcpy(code + 1, &index, 4);
    code[5] = 0x48; /* movabs $target, %rax */
    code[6] = 0xB8;
    memcpy(code + 7, &target, 8);
    code[15] = 0xFF; /* jmp *%rax */
    code[16] = 0xE0;
#else
    const uint32_t words[4] = {0x52800000u | index << 5, /* movz w0, #index */
                               0x58000070u,              /* ldr x16, the address below */
                               0xD61F0200u,              /* br x16 */
                               0xD503201Fu};
    memcpy(code, words, sizeof words);
    memcpy(code + sizeof words, &target, sizeof target);
#endif
}

static uintptr_t make_trap(const char *name) {
    if (!trap_code) {
        void *place = mmap(NULL, TRAP_COUNT * TRAP_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (place == MAP_FAILED)
            return 0;
        trap_code = place;
    }
    if (trap_count == TRAP_COUNT)
        return 0;
    trap_name[trap_count] = name;
    trap_is_of_library[trap_count] = dlsym(RTLD_DEFAULT, name) != NULL;
    unsigned char *code = trap_code + trap_count * TRAP_BYTES;
    write_trap(code, trap_count++);
    return (uintptr_t)code;
}

void resolve_seal(void) {
    if (!trap_code)
        return;
    mprotect(trap_code, TRAP_COUNT * TRAP_BYTES, PROT_READ | PROT_EXEC);
    __builtin___clear_cache((char *)trap_code,
                            (char *)trap_code + TRAP_COUNT * TRAP_BYTES);
}

uintptr_t resolve_symbol(void *self, const char *name, bool is_weak) {
    struct runtime *runtime = self;
    uintptr_t address = runtime->served(name);

    runtime->destroys_locks |= strcmp(name, "pthread_cond_destroy") == 0 ||
                               strcmp(name, "cnd_destroy") == 0 ||
                               strcmp(name, "pthread_rwlock_destroy") == 0;
    runtime->closes_descriptors |=
        strcmp(name, "close") == 0 || strcmp(name, "fclose") == 0;
    runtime->detaches_threads |= strcmp(name, "pthread_detach") == 0 ||
                                 strcmp(name, "thrd_detach") == 0 ||
                                 strcmp(name, "pthread_attr_setdetachstate") == 0;
    runtime->doubles_descriptors |= strcmp(name, "dup") == 0;
    if (!address)
        address = library_data_address(name);
    if (!address && library_data_exists(name))
        return 0; /* its value is not known: a call would trap, a variable is just read */
    if (!address)
        address = find_library_call(name);
    if (!address && !is_weak)
        address = make_trap(name);
    return address;
}
