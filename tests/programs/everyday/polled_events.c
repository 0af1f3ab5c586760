/* polled_events: A thread polls two eventfds until it is told to end. FLAW: main looks at the count meanwhile. */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
static int q, w, n;
static void *th(void *a) {
    eventfd_t v;
    struct pollfd p[2] = {{.fd = q, .events = POLLIN}, {.fd = w, .events = POLLIN}};
    for (;;) {
        int r = poll(p, 2, -1);
        if (r < 0)
            continue;
        if (p[1].revents & POLLIN) {
            eventfd_read(w, &v);
            n += (int)v;
        }
        if (p[0].revents & POLLIN)
            return 0;
    }
}
int main() {
    q = eventfd(0, 0);
    w = eventfd(0, EFD_NONBLOCK);
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    eventfd_write(w, 2);
#ifdef FLAW
    if (n > 2)
        return 1;
#endif
    eventfd_write(q, 1);
    pthread_join(t, 0);
    return !(n == 0 || n == 2);
}
