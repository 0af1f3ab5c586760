// SPDX-License-Identifier: MIT
#include <cassert>
#include <tbb/queuing_mutex.h>
#include <tbb/spin_mutex.h>
#include <thread>
static MUTEX lock;
static int n;
static void add() {
#ifndef NO_LOCK
    MUTEX::scoped_lock held(lock);
#ifdef EARLY
    held.release();
#endif
#endif
    n++;
}
int main() {
    std::thread a(add);
    add();
    a.join();
    assert(n == 2);
}
