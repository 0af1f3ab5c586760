/* SPDX-License-Identifier: MIT */
/* confine: see confine.h. */
#define _GNU_SOURCE
#include "host/confine.h"

#include <heald/filter.h>

#include <fcntl.h>
#include <unistd.h>

/* Opened to be read alone. */
#define READ_ONLY(call, flags)                                                           \
    IF_EQUAL(call, 0, 4), LOAD_ARGUMENT(flags),                                          \
        IF_SET(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1), RETURN(SECCOMP_RET_TRAP),   \
        RETURN(SECCOMP_RET_ALLOW)
/* To this process, which ends itself by abort(). */
#define ANY_SIGNAL(number) RETURN(SECCOMP_RET_ALLOW)

void confine_host(void) {
#if defined(FILTER_ARCHITECTURE)
    const uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        FILTER_ENTRY LEAVE_THE_MACHINE REFUSE_FORKS
#if defined(SYS_open) /* the older entries, which newer architectures do without */
            READ_ONLY(SYS_open, 1),
        REFUSE_CALL(SYS_creat),
        REFUSE_CALL(SYS_unlink),
        REFUSE_CALL(SYS_rename),
        REFUSE_CALL(SYS_mkdir),
        REFUSE_CALL(SYS_rmdir),
        REFUSE_CALL(SYS_link),
        REFUSE_CALL(SYS_symlink),
        REFUSE_CALL(SYS_mknod),
        REFUSE_CALL(SYS_chmod),
        REFUSE_CALL(SYS_chown),
        REFUSE_CALL(SYS_lchown),
#endif
        READ_ONLY(SYS_openat, 2),
        REFUSE_CALL(SYS_openat2),
        REFUSE_CALL(SYS_clone),
        REFUSE_CALL(SYS_clone3),
        REFUSE_CALL(SYS_execve),
        REFUSE_CALL(SYS_execveat),
        REFUSE_CALL(SYS_ptrace),
        REFUSE_CALL(SYS_process_vm_writev),
        REFUSE_CALL(SYS_io_uring_setup),
        REFUSE_CALL(SYS_unlinkat),
#if defined(SYS_renameat)
        REFUSE_CALL(SYS_renameat),
#endif
        REFUSE_CALL(SYS_renameat2),
        REFUSE_CALL(SYS_mkdirat),
        REFUSE_CALL(SYS_linkat),
        REFUSE_CALL(SYS_symlinkat),
        REFUSE_CALL(SYS_mknodat),
        REFUSE_CALL(SYS_truncate),
        REFUSE_CALL(SYS_fchmodat),
        REFUSE_CALL(SYS_fchownat),
        REFUSE_CALL(SYS_utimensat),
        REFUSE_CALL(SYS_socket),
        REFUSE_CALL(SYS_connect),
        REFUSE_CALL(SYS_tkill),
        REFUSE_CALL(SYS_pidfd_send_signal),
        OWN_SIGNALS_ONLY(ANY_SIGNAL),
        RETURN(SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    filter_stay_apart();
    filter_install(&filter);
#endif
}
