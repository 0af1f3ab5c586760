"""Structures without locks: stacks, queues, counts of references, reclaiming."""

from __future__ import annotations

from .idiom import Idiom

STRUCTURES = {
    "treiber": Idiom(
        "struct node { int v; struct node *next; };\nstatic _Atomic(struct node *) top;",
        (
            """struct node *n = malloc(sizeof *n); n->v = role + 1;
            n->next = get(top, $L);
            while (!cas(top, &n->next, n, $X)) ;""",
            """struct node *n = get(top, $L);
            while (n && !cas(top, &n, n->next, $X)) ;
            out(n ? n->v : 0);
            ?free(n);""",
        ),
        least=2,
        most=4,
    ),
    "a stack that is taken whole": Idiom(
        "struct node { int v; struct node *next; };\nstatic _Atomic(struct node *) top;",
        (
            """struct node n = {role + 1, get(top, RLX)};
            while (!weak(top, &n.next, &n, $X)) ;
            while (get(top, $L) == &n) ;""",
            """struct node *n = swap(top, NULL, $X);
            int sum = 0;
            for (; n; n = n->next) sum += n->v;
            out(sum);""",
        ),
        most=3,
    ),
    "ms queue": Idiom(
        """struct node { int v; _Atomic(struct node *) next; };
        static struct node first; static _Atomic(struct node *) head, tail;
        __attribute__((constructor)) static void begin(void) { head = tail = &first; }""",
        (
            """struct node *n = malloc(sizeof *n), *last, *next; n->v = role + 1;
            atomic_init(&n->next, NULL);
            for (;;) {
              last = get(tail, $L); next = get(last->next, $L);
              if (next) { cas(tail, &last, next, $X); continue; }
              if (cas(last->next, &next, n, $X)) break;
            }
            ?cas(tail, &last, n, $X);""",
            """struct node *h = get(head, $L), *next = get(h->next, $L);
            if (next && cas(head, &h, next, $X)) out(next->v); else out(0);""",
        ),
    ),
    "seqlock": Idiom(
        "static atomic_uint seq; static atomic_int a, b;",
        (
            """unsigned s = get(seq, RLX);
            put(seq, s + 1, $S);
            ?fence($F);
            put(a, s + 5, RLX);
            put(b, s + 5, RLX);
            put(seq, s + 2, $S);""",
            """unsigned s = get(seq, $L);
            int x = get(a, $L), y = get(b, $L);
            ?fence($F);
            if (!(s & 1) && get(seq, $L) == s) { out(x); out(y); }""",
        ),
        counted=True,
    ),
    "hazard": Idiom(
        """struct node { int v; }; static _Atomic(struct node *) shared, hazard;
        __attribute__((constructor)) static void begin(void) {
          struct node *n = malloc(sizeof *n); n->v = 1; shared = n; }""",
        (
            """struct node *p = get(shared, RLX);
            put(hazard, p, $S);
            ?fence($F);
            ?if (get(shared, $L) != p) p = NULL;
            if (p) out(p->v);
            put(hazard, NULL, $S);""",
            """struct node *n = malloc(sizeof *n); n->v = 2;
            struct node *old = swap(shared, n, $X);
            ?fence($F);
            if (get(hazard, $L) != old) free(old);""",
        ),
        most=2,
        counted=True,
    ),
    "rcu": Idiom(
        """struct node { int v; }; static _Atomic(struct node *) shared;
        static atomic_int reading[2];
        __attribute__((constructor)) static void begin(void) {
          struct node *n = malloc(sizeof *n); n->v = 1; shared = n; }""",
        (
            """put(reading[0], 1, $S);
            ?fence($F);
            out(get(shared, $L)->v);
            put(reading[0], 0, $S);""",
            """struct node *n = malloc(sizeof *n); n->v = 2;
            struct node *old = swap(shared, n, $X);
            ?fence($F);
            while (get(reading[0], $L)) ;
            free(old);""",
        ),
        most=2,
    ),
    "atomic structure": Idiom(
        "struct two { int a, b; }; static _Atomic(struct two) x, y;",
        (
            """struct two v = {role, 1}; put(x, v, $S);
            struct two r = get(y, $L); out(r.a); out(r.b);""",
            """struct two v = get(x, $L); out(v.a + 10 * v.b); v.b++; put(y, v, $S);""",
            """struct two v = get(x, $L), w = {v.a + 1, v.b + 1};
            out(cas(x, &v, w, $X)); out(v.a);""",
            """struct two v = {7, role}; v = swap(x, v, $X); out(v.a); out(v.b);""",
        ),
        most=3,
        counted=True,
    ),
    "weak": Idiom(
        "static atomic_int x, y;",
        (
            """int e = 0; out(weak(x, &e, role + 1, $X)); out(e); put(y, 1, $S);""",
            """int e = get(y, $L); out(e); out(weak(x, &e, 5, $X)); out(e);""",
            """put(x, 0, $S); out(get(y, $L));""",
        ),
        most=3,
        counted=True,
        options=("--weak-failures",),
    ),
    "stack node": Idiom(
        """struct ask { int v; atomic_int done; }; static _Atomic(struct ask *) box;""",
        (
            """struct ask a = {role + 1, 0}; struct ask *none = NULL;
            if (cas(box, &none, &a, $X)) { while (!get(a.done, $L)) ; out(a.v); }""",
            """struct ask *a = get(box, $L);
            if (a) { a->v += 10; put(box, NULL, $S); put(a->done, 1, $S); }
            else out(-1);""",
        ),
        most=2,
    ),
    "chase lev": Idiom(
        "static atomic_int top, bottom = 1, slot[2] = {7, 8};",
        (
            """int b = get(bottom, RLX) - 1; put(bottom, b, $S);
            ?fence($F);
            int t = get(top, $L);
            if (t < b) out(get(slot[b & 1], RLX));
            else { if (t == b && cas(top, &t, t + 1, $X)) out(get(slot[b & 1], RLX));
              put(bottom, b + 1, $S); }""",
            """int t = get(top, $L);
            ?fence($F);
            int b = get(bottom, $L);
            if (t < b) { int v = get(slot[t & 1], RLX); if (cas(top, &t, t + 1, $X)) out(v); }""",
        ),
        most=3,
        counted=True,
    ),
    "last reference": Idiom(
        """static atomic_int count; static int *object;
        __attribute__((constructor)) static void begin(void) {
          object = malloc(4); *object = 1; count = COUNT; }""",
        (
            """out(*object);
            if (add(count, -1, $X) == 1) {
              ?fence($F);
              free(object);
            }""",
        ),
        most=4,
        counted=True,
    ),
    "ring": Idiom(
        "static atomic_uint head, tail; static int slot[2];",
        (
            """for (int i = 1; i < 4; i++) {
              unsigned t = get(tail, RLX);
              if (t - get(head, $L) < 2) { slot[t & 1] = i; put(tail, t + 1, $S); } }""",
            """for (int i = 0; i < 2; i++) {
              unsigned h = get(head, RLX);
              if (get(tail, $L) != h) { out(slot[h & 1]); put(head, h + 1, $S); } }""",
        ),
        most=2,
        counted=True,
    ),
    "halves": Idiom(
        """static union { _Atomic(uint32_t) whole; _Atomic(uint16_t) half[2]; } u;
        static atomic_int x;""",
        (
            """out(add(u.half[0], 1, $X)); out(get(u.whole, $L));""",
            """uint32_t e = 0; out(cas(u.whole, &e, 0x10001u * (role + 1), $X)); out(e);""",
            """put(u.half[1], role + 1, $S); out(get(u.half[0], $L));""",
        ),
        most=3,
        counted=True,
    ),
    "free list": Idiom(
        """struct node { int v; struct node *next; }; static struct node pool[2];
        static _Atomic(struct node *) list;
        __attribute__((constructor)) static void begin(void) {
          pool[0].next = &pool[1]; list = &pool[0]; }""",
        (
            """struct node *n = get(list, $L);
            while (n && !cas(list, &n, n->next, $X)) ;
            if (n) {
              n->v = role + 1; out(n->v);
              n->next = get(list, $L);
              while (!cas(list, &n->next, n, $X)) ;
            }""",
            """struct node *n = get(list, $L);
            if (n && cas(list, &n, n->next, $X)) out(n->v);""",
        ),
    ),
    "mailbox": Idiom(
        "struct letter { int v; }; static _Atomic(struct letter *) box;",
        (
            """struct letter *l = malloc(sizeof *l); l->v = role + 1;
            l = swap(box, l, $X);
            if (l) { out(l->v); free(l); }""",
            """struct letter *l = swap(box, NULL, $X);
            if (l) {
              out(l->v);
              ?free(l);
            }""",
            """struct letter *l = get(box, $L);
            if (l && cas(box, &l, NULL, $X)) { l->v++; out(l->v); free(l); }""",
        ),
        most=4,
        counted=True,
    ),
    "passed on": Idiom(
        "static int data; static atomic_int x, y;",
        (
            """data = 1;
            ?fence($F);
            put(x, 1, $S);""",
            """if (get(x, $L)) {
              ?fence($F);
              put(y, 1, $S);
            }""",
            """if (get(y, $L)) {
              ?fence($F);
              out(data);
            }""",
            "if (add(x, 1, $X) == 1) out(data);",
        ),
        least=3,
        most=4,
        counted=True,
    ),
    "left and right": Idiom(
        "static int side[2]; static atomic_int which, readers[2];",
        (
            """int w = get(which, $L);
            add(readers[w], 1, $X);
            ?if (get(which, $L) != w) { add(readers[w], -1, $X); goto done; }
            out(side[w]);
            add(readers[w], -1, $X);
            done: ;""",
            """side[1] = 1;
            put(which, 1, $S);
            ?fence($F);
            while (get(readers[0], $L)) ;
            side[0] = 1;""",
        ),
        most=3,
    ),
    "combining": Idiom(
        "static atomic_int lock, ask[3], done[3]; static int total;",
        (
            """put(ask[role], 1, $S);
            ?fence($F);
            if (!swap(lock, 1, $X)) {
              for (int i = 0; i < COUNT; i++)
                if (get(ask[i], $L) && !get(done[i], RLX)) { total++; put(done[i], 1, $S); }
              put(lock, 0, $S);
            }
            out(get(done[role], $L));""",
        ),
        most=2,
        counted=True,
    ),
}  # fmt: skip
