/* Two readers of two writers, all sequentially consistent. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int x, y;
static int seen[4];
static void *write_x(void *unused) {
    (void)unused;
    x = 1;
    return NULL;
}
static void *write_y(void *unused) {
    (void)unused;
    y = 1;
    return NULL;
}
static void *read_xy(void *unused) {
    (void)unused;
    seen[0] = x;
    seen[1] = y;
    return NULL;
}
static void *read_yx(void *unused) {
    (void)unused;
    seen[2] = y;
    seen[3] = x;
    return NULL;
}
int main(void) {
    void *(*const routines[])(void *) = {write_x, write_y, read_xy, read_yx};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, routines[i], NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert(!(seen[0] && !seen[1] && seen[2] && !seen[3]));
}
