/* SPDX-License-Identifier: MIT */
/* output_calls: the calls that print. They keep the text and say that they succeeded. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void print(const char *bytes, size_t count) {
    printed_add(&the_runtime->printed, bytes, count);
}

/* The program's standard streams are names only: nothing looks inside them. */
static char stream_in, stream_out, stream_error;
static void *the_stdin = &stream_in;
static void *the_stdout = &stream_out;
static void *the_stderr = &stream_error;

static void must_be_standard(const void *stream, const char *call, uint32_t site) {
    if (stream != &stream_out && stream != &stream_error)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s to a file: only standard output and error can be modelled",
                     call);
}

static int print_format(const char *format, va_list arguments) {
    char text[4096];

    runtime_used_stack(16384);
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length > 0)
        print(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    return length;
}

SERVE(int, printf, (const char *format, ...)) {
    va_list arguments;
    va_start(arguments, format);
    int length = print_format(format, arguments);
    va_end(arguments);
    return length;
}

SERVE(int, __printf_chk, (int flag, const char *format, ...)) {
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    int length = print_format(format, arguments);
    va_end(arguments);
    return length;
}

SERVE(int, vprintf, (const char *format, va_list arguments)) {
    return print_format(format, arguments);
}

SERVE(int, fprintf, (const void *stream, const char *format, ...)) {
    va_list arguments;
    must_be_standard(stream, "fprintf", SITE);
    va_start(arguments, format);
    int length = print_format(format, arguments);
    va_end(arguments);
    return length;
}

SERVE(int, __fprintf_chk, (const void *stream, int flag, const char *format, ...)) {
    va_list arguments;
    (void)flag;
    must_be_standard(stream, "fprintf", SITE);
    va_start(arguments, format);
    int length = print_format(format, arguments);
    va_end(arguments);
    return length;
}

SERVE(int, vfprintf, (const void *stream, const char *format, va_list arguments)) {
    must_be_standard(stream, "vfprintf", SITE);
    return print_format(format, arguments);
}

SERVE(int, puts, (const char *text)) {
    access_ask(ACTION_READ, text, strlen(text) + 1, SITE);
    print(text, strlen(text));
    print("\n", 1);
    return 1;
}

SERVE(int, fputs, (const char *text, const void *stream)) {
    uint32_t site = SITE;
    must_be_standard(stream, "fputs", site);
    access_ask(ACTION_READ, text, strlen(text) + 1, site);
    print(text, strlen(text));
    return 1;
}

SERVE(int, putchar, (int character)) {
    char byte = (char)character;
    print(&byte, 1);
    return (unsigned char)byte;
}

SERVE(int, fputc, (int character, const void *stream)) {
    char byte = (char)character;
    must_be_standard(stream, "fputc", SITE);
    print(&byte, 1);
    return (unsigned char)byte;
}

SERVE(size_t, fwrite,
      (const void *bytes, size_t size, size_t count, const void *stream)) {
    uint32_t site = SITE;
    must_be_standard(stream, "fwrite", site);
    access_ask(ACTION_READ, bytes, size * count, site);
    print(bytes, size * count);
    return count;
}

SERVE(int, fflush, (const void *stream)) {
    (void)stream;
    return 0;
}

SERVE(int, setvbuf, (const void *stream, char *buffer, int mode, size_t size)) {
    (void)stream;
    (void)buffer;
    (void)mode;
    (void)size;
    return 0;
}

SERVE(void, perror, (const char *text)) {
    runtime_used_stack(16384);
    print(text, strlen(text));
    print("\n", 1);
}

SERVE(ssize_t, write, (int descriptor, const void *bytes, size_t count)) {
    uint32_t site = SITE;
    if (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO)
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "write to descriptor %d: only standard output and error can be modelled",
            descriptor);
    access_ask(ACTION_READ, bytes, count, site);
    print(bytes, count);
    return (ssize_t)count;
}

SERVE(ssize_t, writev, (int descriptor, const struct iovec *parts, int count)) {
    ssize_t total = 0;
    for (int i = 0; i < count; i++)
        total += serve_write(descriptor, parts[i].iov_base, parts[i].iov_len);
    return total;
}

const struct service output_services[] = {
    SERVICE(printf),
    SERVICE(__printf_chk),
    SERVICE(vprintf),
    SERVICE(fprintf),
    SERVICE(__fprintf_chk),
    SERVICE(vfprintf),
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
    SERVICE(fflush),
    SERVICE(setvbuf),
    SERVICE(perror),
    SERVICE(write),
    SERVICE(writev),
    {"stdin", &the_stdin},
    {"stdout", &the_stdout},
    {"stderr", &the_stderr},
    {0},
};
