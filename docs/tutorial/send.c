/* Send a file: one call of sendfile, and what it returned is what was sent. */
#include <sys/sendfile.h>

int send_file(int out, int in, off_t *offset, size_t count, size_t *moved) {
    ssize_t sent = sendfile(out, in, offset, count);
    *moved = sent > 0 ? (size_t)sent : 0;
    return sent < 0 ? -1 : 0;
}
