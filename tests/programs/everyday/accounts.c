/* accounts: Old C: transfers between accounts lock the lower address first. FLAW: locks in the order of the call. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
typedef struct acct_ {
    long bal;
    pthread_mutex_t m;
} acct;
acct A = {10, PTHREAD_MUTEX_INITIALIZER}, B = {10, PTHREAD_MUTEX_INITIALIZER};
transfer(from, to, n) acct *from, *to;
long n;
{
    acct *first = from, *second = to;
#ifndef FLAW
    if (first > second) {
        first = to;
        second = from;
    }
#endif
    pthread_mutex_lock(&first->m);
    pthread_mutex_lock(&second->m);
    from->bal -= n;
    to->bal += n;
    pthread_mutex_unlock(&second->m);
    pthread_mutex_unlock(&first->m);
    return 0;
}
void *one(void *x) {
    transfer(&A, &B, 3L);
    return x;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, one, 0);
    transfer(&B, &A, 2L);
    pthread_join(t, 0);
    return A.bal + B.bal != 20;
}
