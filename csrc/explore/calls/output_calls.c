/* SPDX-License-Identifier: MIT */
/* output_calls: the calls that print. They keep the text and say that they succeeded. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls/descriptor_calls.h"
#include "calls/format.h"
#include "calls/output_calls.h"
#include "calls/streams.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void print(const char *bytes, size_t count) {
    runtime_takes_no_step(the_runtime->last_site);
    printed_add(&the_runtime->printed, bytes, count);
}

static void *the_stdin, *the_stdout, *the_stderr;

__attribute__((constructor)) static void name_streams(void) {
    the_stdin = stream_of(STDIN_FILENO);
    the_stdout = stream_of(STDOUT_FILENO);
    the_stderr = stream_of(STDERR_FILENO);
}

/* Text that was read from where the program has it. */
static int put(const void *stream, const char *bytes, size_t count, const char *call,
               uint32_t site) {
    int descriptor = stream_used(stream, call, site);

    if (descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO) {
        print(bytes, count);
        return 0;
    }
    if (!descriptor_is_served(descriptor))
        runtime_fail(FAILURE_MISUSE, site, "%s to a stream that cannot be written", call);
    if (descriptor_write(descriptor, bytes, count, false, site) < 0)
        runtime_fail(FAILURE_MISUSE, site, "%s to a stream that %s", call,
                     "is closed or open for reading");
    return 0;
}

static void must_be_printed_to(int descriptor, const char *call, uint32_t site) {
    if (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO)
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "%s to descriptor %d: only standard output and error can be modelled", call,
            descriptor);
}

static int print_format(const void *stream, const char *format, va_list arguments,
                        uint32_t site) {
    char text[4096];

    runtime_used_stack(16384);
    format_accesses(format, arguments, site);
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length > 0)
        put(stream, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1,
            "a print", site);
    return length;
}

SERVE(int, printf, (const char *format, ...)) {
    uint32_t site = SITE;
    va_list arguments;
    va_start(arguments, format);
    int length = print_format(the_stdout, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, __printf_chk, (int flag, const char *format, ...)) {
    va_list arguments;
    uint32_t site = SITE;
    (void)flag;
    va_start(arguments, format);
    int length = print_format(the_stdout, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, vprintf, (const char *format, va_list arguments)) {
    return print_format(the_stdout, format, arguments, SITE);
}

SERVE(int, fprintf, (const void *stream, const char *format, ...)) {
    va_list arguments;
    uint32_t site = SITE;
    va_start(arguments, format);
    int length = print_format(stream, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, __fprintf_chk, (const void *stream, int flag, const char *format, ...)) {
    va_list arguments;
    (void)flag;
    uint32_t site = SITE;
    va_start(arguments, format);
    int length = print_format(stream, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, vfprintf, (const void *stream, const char *format, va_list arguments)) {
    uint32_t site = SITE;
    return print_format(stream, format, arguments, site);
}

SERVE(int, __vprintf_chk, (int flag, const char *format, va_list arguments)) {
    (void)flag;
    return print_format(the_stdout, format, arguments, SITE);
}

SERVE(int, __vfprintf_chk,
      (const void *stream, int flag, const char *format, va_list arguments)) {
    uint32_t site = SITE;
    (void)flag;
    return print_format(stream, format, arguments, site);
}

SERVE(int, puts, (const char *text)) {
    access_ask_text(text, strlen(text) + 1, SITE);
    print(text, strlen(text));
    print("\n", 1);
    return 1;
}

SERVE(int, fputs, (const char *text, const void *stream)) {
    uint32_t site = SITE;
    access_ask_text(text, strlen(text) + 1, site);
    put(stream, text, strlen(text), "fputs", site);
    return 1;
}

SERVE(int, putchar, (int character)) {
    char byte = (char)character;
    print(&byte, 1);
    return (unsigned char)byte;
}

SERVE(int, fputc, (int character, const void *stream)) {
    char byte = (char)character;
    put(stream, &byte, 1, "fputc", SITE);
    return (unsigned char)byte;
}

/* What putc_unlocked calls where it has no room. */
SERVE(int, overflow, (const void *stream, int character)) {
    char byte = (char)character;
    put(stream, &byte, 1, "putc", SITE);
    return (unsigned char)byte;
}

SERVE(size_t, fwrite,
      (const void *bytes, size_t size, size_t count, const void *stream)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, bytes, size * count, site);
    put(stream, bytes, size * count, "fwrite", site);
    return count;
}

SERVE(int, fileno, (const void *stream)) { return stream_used(stream, "fileno", SITE); }

SERVE(int, isatty, (int descriptor)) {
    (void)descriptor;
    runtime_thread()->error_number = ENOTTY;
    return 0;
}

/* Nothing that was printed fails. */
SERVE(int, ferror, (const void *stream)) {
    (void)stream;
    return 0;
}

SERVE(int, dprintf, (int descriptor, const char *format, ...)) {
    uint32_t site = SITE;
    va_list arguments;
    must_be_printed_to(descriptor, "dprintf", site);
    va_start(arguments, format);
    int length = print_format(the_stdout, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, fflush, (const void *stream)) {
    (void)stream;
    return 0;
}

/* What the library would keep in a buffer of the program's, and when, is not modelled. */
static int must_be_ours(const void *buffer, const char *call, uint32_t site) {
    if (buffer)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s with a buffer of the program's own: what is written there would "
                     "not be seen (give NULL)",
                     call);
    return 0;
}

SERVE(int, setvbuf, (const void *stream, char *buffer, int mode, size_t size)) {
    (void)stream;
    (void)mode;
    (void)size;
    return must_be_ours(buffer, "setvbuf", SITE);
}

SERVE(void, setbuf, (const void *stream, char *buffer)) {
    (void)stream;
    must_be_ours(buffer, "setbuf", SITE);
}

SERVE(void, setbuffer, (const void *stream, char *buffer, size_t size)) {
    (void)stream;
    (void)size;
    must_be_ours(buffer, "setbuffer", SITE);
}

SERVE(void, setlinebuf, (const void *stream)) { (void)stream; }

SERVE(void, perror, (const char *text)) {
    const char *why = strerror(runtime_thread()->error_number);

    runtime_used_stack(16384);
    if (text && *text) {
        access_ask_text(text, strlen(text) + 1, SITE);
        print(text, strlen(text));
        print(": ", 2);
    }
    print(why, strlen(why));
    print("\n", 1);
}

long output_write(int descriptor, const void *bytes, size_t count, const char *call,
                  uint32_t site) {
    if (descriptor_is_served(descriptor))
        return descriptor_write(descriptor, bytes, count, false, site);
    must_be_printed_to(descriptor, call, site);
    access_ask_block(ACTION_READ, bytes, count, site);
    print(bytes, count);
    return (long)count;
}

SERVE(ssize_t, write, (int descriptor, const void *bytes, size_t count)) {
    return output_write(descriptor, bytes, count, "write", SITE);
}

const struct service output_services[] = {
    SERVICE(printf),
    SERVICE(__printf_chk),
    SERVICE(vprintf),
    SERVICE(fprintf),
    SERVICE(__fprintf_chk),
    SERVICE(vfprintf),
    SERVICE(__vfprintf_chk),
    SERVICE(__vprintf_chk),
    SERVICE(puts),
    SERVICE(fputs),
    SERVICE(putchar),
    SERVICE_AS("putchar_unlocked", putchar),
    SERVICE(fputc),
    SERVICE_AS("putc", fputc),
    SERVICE_AS("_IO_putc", fputc),
    SERVICE_AS("fputc_unlocked", fputc),
    SERVICE(fwrite),
    SERVICE_AS("fwrite_unlocked", fwrite),
    SERVICE(fileno),
    SERVICE(isatty),
    SERVICE(ferror),
    SERVICE(dprintf),
    SERVICE_AS("fputs_unlocked", fputs),
    SERVICE(fflush),
    SERVICE(setvbuf),
    SERVICE(setbuf),
    SERVICE(setbuffer),
    SERVICE(setlinebuf),
    SERVICE_AS("__overflow", overflow),
    SERVICE(perror),
    SERVICE(write),
    {"stdin", &the_stdin},
    {"stdout", &the_stdout},
    {"stderr", &the_stderr},
    {0},
};
