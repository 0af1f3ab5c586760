// SPDX-License-Identifier: MIT
/*
 * barrier: what libc++ keeps in its archive of std::barrier: who arrives, and who was the last.
 *
 * Source    Hensgen, Finkel, Manber: Two algorithms for barrier synchronization, 1988: a tournament.
 * How       In each round two who arrive meet at a node: the first is done, the second goes on. One that
 *           meets nobody, because their number is odd, goes on at once. Who is left is the last of the phase.
 * Phases    A phase is two more than the one before. A node holds the last phase of which it was done, or one
 *           more while the first of two has come.
 * Threads   Each begins at a node by its own number, so that few meet at the first.
 */
#include <barrier>
#include <new>
#include <pthread.h>

_LIBCPP_BEGIN_NAMESPACE_STD

static const int ROUNDS = 64;

struct node {
    __barrier_phase_t phase[ROUNDS];
};

class __barrier_algorithm_base {
  public:
    ptrdiff_t &expected;
    node *nodes;

    explicit __barrier_algorithm_base(ptrdiff_t &number)
        : expected(number), nodes(new node[static_cast<size_t>(number + 1) / 2]()) {}
    ~__barrier_algorithm_base() { delete[] nodes; }
    bool arrive(__barrier_phase_t old);
};

static bool changes(__barrier_phase_t &phase, __barrier_phase_t &found, int to) {
    return __atomic_compare_exchange_n(&phase, &found, static_cast<__barrier_phase_t>(to),
                                       false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

enum meeting { FULL, FIRST, SECOND };

static meeting meet(__barrier_phase_t &phase, __barrier_phase_t old, bool is_alone) {
    __barrier_phase_t found = old;

    if (is_alone)
        return changes(phase, found, old + 2) ? SECOND : FULL;
    if (changes(phase, found, old + 1))
        return FIRST;
    if (found != static_cast<__barrier_phase_t>(old + 1))
        return FULL;
    return changes(phase, found, old + 2) ? SECOND : FULL;
}

bool __barrier_algorithm_base::arrive(__barrier_phase_t old) {
    size_t left = static_cast<size_t>(expected);
    size_t at = static_cast<size_t>(pthread_self()) % ((left + 1) / 2);

    for (int round = 0; left > 1; round++) {
        const size_t count = (left + 1) / 2;
        meeting met = FULL;
        for (; met == FULL; at++) {
            if (at >= count)
                at = 0;
            met = meet(nodes[at].phase[round], old, at + 1 == count && left % 2 == 1);
        }
        if (met == FIRST)
            return false;
        at = (at - 1) / 2;
        left = count;
    }
    return true;
}

__barrier_algorithm_base *__construct_barrier_algorithm_base(ptrdiff_t &expected) {
    return new __barrier_algorithm_base(expected);
}

bool __arrive_barrier_algorithm_base(__barrier_algorithm_base *barrier,
                                     __barrier_phase_t old) {
    return barrier->arrive(old);
}

void __destroy_barrier_algorithm_base(__barrier_algorithm_base *barrier) {
    delete barrier;
}

_LIBCPP_END_NAMESPACE_STD
