/* A counter in two halves, so that two writers do not meet; sum() reads one after the other. */
#include <stdatomic.h>

struct counter {
    atomic_int left, right;
};

void counter_init(struct counter *counter) {
    atomic_init(&counter->left, 0);
    atomic_init(&counter->right, 0);
}

void counter_left(struct counter *counter) { atomic_fetch_add(&counter->left, 1); }

void counter_right(struct counter *counter) { atomic_fetch_add(&counter->right, 10); }

int counter_sum(struct counter *counter) {
    int left = atomic_load(&counter->left);
    return left + atomic_load(&counter->right);
}
