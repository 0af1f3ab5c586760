#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
struct s { _Atomic int n; _Atomic(struct s *) next; int plain; struct s *_Atomic other; };
static struct s st, more, *ps = &st;
static _Atomic(struct s *) head = &st;
static _Atomic int x, y, z;
static atomic_bool on;
static volatile int lock;
static volatile char byte;
static long word;
static int up(atomic_int *p, atomic_int *q)
{
    (*p)++;
    --(*q);
    (*p) = 4;
    (*q) += 2;
    return (*p) > 0;
}
int main(void)
{
    st.next = &more;
    more.next = &st;
    st.other = &more;
    ps->next->n = 6;
    int i = st.next->n;
    i += st.next->plain;
    i += head->plain;
    head->plain = 2;
    head->n += 3;
    i += st.next->next->n;
    st.next->other = &st;
    y = x = 1;
    z = y = x = 0;
    on = true;
    i += up(&x, &y);
    if (__sync_bool_compare_and_swap(&lock, 0, 1))
        i++;
    i += __sync_val_compare_and_swap(&byte, 1, 2);
    while (!__sync_bool_compare_and_swap(&word, word, word + i))
        ;
    struct s *q = &head->next->plain == 0 ? 0 : ps;
    return q->plain + i == 12345;
}
