/* A thread is created between two accesses that others revisit: its creation is cut out and put back. */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;

struct order {
    int amount;
};

static void add(int amount) {
    pthread_mutex_lock(&lock);
    total += amount;
    pthread_mutex_unlock(&lock);
}

static void *serve(void *argument) {
    const struct order *order = argument;
    add(order->amount);
    return NULL;
}

int main(void) {
    pthread_t servers[2];
    struct order *orders[2];
    for (int i = 0; i < 2; i++) {
        orders[i] = malloc(sizeof *orders[i]);
        orders[i]->amount = i;
        pthread_create(&servers[i], NULL, serve, orders[i]);
        add(1);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(servers[i], NULL);
        free(orders[i]);
    }
    return total != 3;
}
