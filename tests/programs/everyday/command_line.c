/* command_line: How many workers is said on the command line. FLAW: the count is not under the lock. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct config {
    int workers;
    bool verbose;
    const char *name;
};
static struct config config = {.workers = 2, .verbose = false, .name = "job"};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int done;
static void usage(const char *me) {
    fprintf(stderr, "usage: %s [-n N] [-v] [--name NAME]\n", me);
    exit(2);
}
static void *work(void *arg) {
    int id = (int)(long)arg;
#ifndef FLAW
    pthread_mutex_lock(&lock);
#endif
    done++;
    if (config.verbose)
        printf("%s: worker %d\n", config.name, id);
#ifndef FLAW
    pthread_mutex_unlock(&lock);
#endif
    return NULL;
}
int main(int argc, char **argv) {
    static const struct option longs[] = {
        {"name", required_argument, NULL, 'N'}, {"verbose", no_argument, NULL, 'v'}, {0}};
    int c;
    while ((c = getopt_long(argc, argv, "n:vN:", longs, NULL)) != -1)
        switch (c) {
        case 'n': {
            char *end;
            errno = 0;
            long v = strtol(optarg, &end, 10);
            if (errno || *end || v < 1 || v > 4)
                usage(argv[0]);
            config.workers = (int)v;
            break;
        }
        case 'v':
            config.verbose = true;
            break;
        case 'N':
            config.name = optarg;
            break;
        default:
            usage(argv[0]);
        }
    if (optind < argc)
        usage(argv[0]);
    pthread_t *t = calloc((size_t)config.workers, sizeof *t);
    if (!t) {
        perror("calloc");
        return 1;
    }
    for (int i = 0; i < config.workers; i++)
        if (pthread_create(&t[i], NULL, work, (void *)(long)i)) {
            perror("pthread_create");
            return 1;
        }
    for (int i = 0; i < config.workers; i++)
        pthread_join(t[i], NULL);
    free(t);
    return done == config.workers ? EXIT_SUCCESS : EXIT_FAILURE;
}
