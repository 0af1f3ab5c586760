/* two_pipes: One thread waits for whichever of two pipes is written. FLAW: it is written after the byte. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
static int wake[2], data[2];
static int value;
static void *w(void *a) {
    char c = 'x';
#ifdef FLAW
    if (write(data[1], &c, 1) != 1)
        return a;
    value = 7;
#else
    value = 7;
    if (write(data[1], &c, 1) != 1)
        return a;
#endif
    return 0;
}
int main(void) {
    if (pipe(wake) || pipe(data))
        return 1;
    pthread_t t;
    pthread_create(&t, 0, w, 0);
    struct pollfd p[2] = {{.fd = wake[0], .events = POLLIN},
                          {.fd = data[0], .events = POLLIN}};
    int n;
    while ((n = poll(p, 2, -1)) < 0 && errno == EINTR)
        ;
    char c;
    if (!(p[1].revents & POLLIN) || (p[0].revents & POLLIN))
        return 2;
    if (read(data[0], &c, 1) != 1 || value != 7)
        return 3;
    pthread_join(t, 0);
    return 0;
}
