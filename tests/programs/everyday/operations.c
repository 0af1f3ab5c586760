/* operations: A table of functions, applied under a lock. FLAW: the result is looked at outside the lock. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
enum op { ADD, SUB, MUL, NOPS };
typedef long (*fn)(long, long);
static long add(long a, long b) { return a + b; }
static long sub(long a, long b) { return a - b; }
static long mul(long a, long b) { return a * b; }
static const struct {
    const char *name;
    fn f;
} ops[NOPS] = {[ADD] = {"add", add}, [SUB] = {"sub", sub}, [MUL] = {"mul", mul}};
static long acc = 1;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *th(void *a) {
    for (enum op o = ADD; o < NOPS; o++) {
        if (strcmp(ops[o].name, "sub") == 0)
            continue;
        pthread_mutex_lock(&m);
        acc = ops[o].f(acc, 2);
#ifdef FLAW
        pthread_mutex_unlock(&m);
        if (acc < 0)
            abort();
        continue;
#endif
        pthread_mutex_unlock(&m);
    }
    return 0;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    th(0);
    pthread_join(t, 0);
    return acc < 10;
}
