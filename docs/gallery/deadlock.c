/* Two accounts, two locks, two transfers in opposite directions. */
#include <pthread.h>

struct account {
    pthread_mutex_t lock;
    int balance;
};

static struct account anna = {PTHREAD_MUTEX_INITIALIZER, 100};
static struct account bert = {PTHREAD_MUTEX_INITIALIZER, 100};

static void transfer(struct account *from, struct account *to) {
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    from->balance -= 10;
    to->balance += 10;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *there(void *unused) {
    transfer(&anna, &bert);
    return unused;
}

static void *back(void *unused) {
    transfer(&bert, &anna);
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, there, NULL);
    pthread_create(&b, NULL, back, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
