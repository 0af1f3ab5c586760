/* SPDX-License-Identifier: MIT */
/* library_data: see library_data.h. */
#define _GNU_SOURCE
#include "program/library_data.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <time.h>

static char program_name[] = "program";
static char utc[] = "UTC";

struct library_data {
    int optind, opterr, optopt;
    char *optarg;
    long timezone;
    int daylight;
    char *tzname[2];
    char *program_name, *short_name;
    char *no_environment[1];
    char **environment;
    /* What a call keeps for the next, or gives out. */
    char *strtok_place;
    char *getopt_place;
    int getopt_first, getopt_last;
    struct tm date;
    char date_text[32];
};

struct library_data library_data_now;

static const struct {
    const char *name;
    size_t offset, bytes;
} variables[] = {
#define VARIABLE(name, field)                                                            \
    {name, offsetof(struct library_data, field), sizeof library_data_now.field}
    VARIABLE("optind", optind),
    VARIABLE("opterr", opterr),
    VARIABLE("optopt", optopt),
    VARIABLE("optarg", optarg),
    VARIABLE("timezone", timezone),
    VARIABLE("__timezone", timezone),
    VARIABLE("daylight", daylight),
    VARIABLE("__daylight", daylight),
    VARIABLE("tzname", tzname),
    VARIABLE("__tzname", tzname),
    VARIABLE("program_invocation_name", program_name),
    VARIABLE("program_invocation_short_name", short_name),
    VARIABLE("__progname", short_name),
    VARIABLE("__progname_full", program_name),
    VARIABLE("environ", environment),
    VARIABLE("__environ", environment),
    VARIABLE("_environ", environment),
    VARIABLE("strtok's place", strtok_place),
    VARIABLE("getopt's place", getopt_place),
    VARIABLE("getopt's first", getopt_first),
    VARIABLE("getopt's last", getopt_last),
    VARIABLE("gmtime's result", date),
    VARIABLE("asctime's result", date_text),
#undef VARIABLE
};

enum { COUNT = sizeof variables / sizeof *variables };

void library_data_reset(void) {
    library_data_now = (struct library_data){
        .optind = 1,
        .opterr = 1,
        .optopt = '?',
        .tzname = {utc, utc},
        .program_name = program_name,
        .short_name = program_name,
        .environment = library_data_now.no_environment,
    };
}

uintptr_t library_data_address(const char *name) {
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(variables[i].name, name) == 0)
            return (uintptr_t)&library_data_now + variables[i].offset;
    return 0;
}

const char *library_data_name(uintptr_t address, size_t *offset) {
    uintptr_t at = address - (uintptr_t)&library_data_now;

    for (size_t i = 0; i < COUNT; i++)
        if (at - variables[i].offset < variables[i].bytes) {
            *offset = at - variables[i].offset;
            return variables[i].name;
        }
    return NULL;
}

bool library_data_exists(const char *name) {
    void *address = dlsym(RTLD_DEFAULT, name);
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    return address && dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) &&
           symbol && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT;
}

bool library_data_covers(uintptr_t address, size_t length) {
    return address - (uintptr_t)&library_data_now < sizeof library_data_now &&
           length <= sizeof library_data_now;
}
