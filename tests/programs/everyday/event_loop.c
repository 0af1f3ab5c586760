/* event_loop: An event loop waits for an eventfd; what it was woken for is beside it. FLAW: it is written after the wakeup. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
static int efd;
static int payload;
static void *producer(void *a) {
    uint64_t one = 1;
#ifdef FLAW
    if (write(efd, &one, sizeof one) != 8)
        return a;
    payload = 42;
#else
    payload = 42;
    if (write(efd, &one, sizeof one) != 8)
        return a;
#endif
    return 0;
}
int main(void) {
    int ep = epoll_create1(EPOLL_CLOEXEC);
    efd = eventfd(0, EFD_NONBLOCK);
    if (ep < 0 || efd < 0)
        return 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = efd};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, efd, &ev))
        return 1;
    pthread_t t;
    pthread_create(&t, 0, producer, 0);
    struct epoll_event got[4];
    int n = epoll_wait(ep, got, 4, -1);
    uint64_t v = 0;
    if (n != 1 || got[0].data.fd != efd || read(efd, &v, 8) != 8 || v != 1 ||
        payload != 42)
        return 2;
    pthread_join(t, 0);
    close(ep);
    close(efd);
    return 0;
}
