/* log_file: Two threads write lines to one log. FLAW: lines are counted without the lock. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static FILE *out;
static int lines;
#ifndef FLAW
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
#endif
static void *work(void *a) {
#ifndef FLAW
    pthread_mutex_lock(&mu);
#endif
    fprintf(out, "line %d of %ld\n", ++lines, (long)a);
    fputs("done\n", out);
    fputc('\n', out);
    fflush(out);
#ifndef FLAW
    pthread_mutex_unlock(&mu);
#endif
    return 0;
}
int main(void) {
    out = fopen("heald-never-written.log", "w");
    if (!out) {
        perror("open");
        return 1;
    }
    pthread_t t;
    pthread_create(&t, 0, work, (void *)1);
    work((void *)2);
    pthread_join(t, 0);
    if (ferror(out))
        return 4;
    return fclose(out) ? 1 : lines != 2;
}
