/* fields: Threads take texts apart at commas. FLAW: strtok has one place for all. */
#define _GNU_SOURCE
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static const char *const text = "3, 4,x5\n";
static long total;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *parse(void *a) {
    (void)a;
    char *copy = strdup(text), *save, *tok, *line = copy;
    long sum = 0;
#ifdef FLAW
    for (tok = strtok(line, ",\n"); tok; tok = strtok(NULL, ",\n"))
#else
    for (tok = strtok_r(line, ",\n", &save); tok; tok = strtok_r(NULL, ",\n", &save))
#endif
    {
        while (isspace((unsigned char)*tok))
            tok++;
        int v;
        if (sscanf(tok, "%d", &v) == 1)
            sum += v;
    }
    save = 0;
    (void)save;
    free(copy);
    pthread_mutex_lock(&m);
    total += sum;
    pthread_mutex_unlock(&m);
    return 0;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, parse, 0);
    parse(0);
    pthread_join(t, 0);
    return total != 14;
}
