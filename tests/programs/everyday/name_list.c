/* name_list: Threads put names into a sorted list. FLAW: main prints the first without the lock. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct list {
    struct list *next;
    char *s;
};
static struct list *head;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void add(const char *fmt, int i) {
    char b[32];
    snprintf(b, sizeof b, fmt, i);
    struct list *l = malloc(sizeof *l);
    l->s = strdup(b);
    pthread_mutex_lock(&m);
    struct list **p = &head;
    while (*p && strcmp((*p)->s, b) < 0)
        p = &(*p)->next;
    l->next = *p;
    *p = l;
    pthread_mutex_unlock(&m);
}
static void *th(void *a) {
    add("item%02d", (int)(long)a);
    return 0;
}
int main() {
    pthread_t t[2];
    for (long i = 0; i < 2; i++)
        pthread_create(t + i, 0, th, (void *)(2 - i));
#ifdef FLAW
    if (head)
        puts(head->s);
#endif
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    assert(!strcmp(head->s, "item01") && !strcmp(head->next->s, "item02"));
    while (head) {
        struct list *n = head->next;
        free(head->s);
        free(head);
        head = n;
    }
    return 0;
}
