/* messages: Messages go through a pipe, read and written to their full length. FLAW: the sum is reset while messages are read. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>
static int fd[2];
struct msg {
    int type;
    int len;
    char data[16];
};
static int readn(int f, void *b, size_t n) {
    char *p = b;
    while (n) {
        ssize_t r = read(f, p, n);
        if (r < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (r == 0)
            return -1;
        p += r;
        n -= r;
    }
    return 0;
}
static int writen(int f, const void *b, size_t n) {
    const char *p = b;
    while (n) {
        ssize_t r = write(f, p, n);
        if (r < 0)
            return -1;
        p += r;
        n -= r;
    }
    return 0;
}
static int shared;
static void *th(void *a) {
    struct msg m;
    while (!readn(fd[0], &m, sizeof m)) {
        if (m.type == 2)
            break;
        shared += m.len;
    }
    return 0;
}
int main() {
    if (pipe(fd))
        return 1;
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    for (int i = 0; i < 2; i++) {
        struct msg m = {1, i + 1, "hello"};
        writen(fd[1], &m, sizeof m);
    }
#ifdef FLAW
    shared = 0;
#endif
    struct msg q = {2};
    writen(fd[1], &q, sizeof q);
    pthread_join(t, 0);
    close(fd[0]);
    close(fd[1]);
    return shared != 3;
}
