/* settings: A file of settings is read once, by whoever asks first. FLAW: everybody looks without once. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *setting;
static int loads;
static void load(void) {
    FILE *f = fopen("/nonexistent/app.conf", "r");
    char *line = NULL;
    size_t n = 0;
    if (f) {
        while (getline(&line, &n, f) > 0)
            if (!strncmp(line, "name=", 5)) {
                line[strcspn(line, "\n")] = 0;
                setting = strdup(line + 5);
            }
        fclose(f);
        free(line);
    } else if (errno != ENOENT)
        exit(3);
    if (!setting && asprintf(&setting, "default-%d", 7) < 0)
        abort();
    loads++;
}
static void *use(void *a) {
#ifdef FLAW
    if (!setting)
        load();
#else
    pthread_once(&once, load);
#endif
    return strcmp(setting, "default-7") ? (void *)1 : a;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, use, 0);
    void *r = use(0), *q;
    pthread_join(t, &q);
    free(setting);
    return r || q || loads != 1;
}
