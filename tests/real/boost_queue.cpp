// SPDX-License-Identifier: MIT
#include <boost/lockfree/queue.hpp>
#include <cassert>
#include <thread>
static int items[2];
static boost::lockfree::queue<int *, boost::lockfree::capacity<2>> queue;
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
#ifndef LATE
        items[i] = i + 1;
#endif
        queue.push(&items[i]);
#if defined TOUCH || defined LATE
        items[i] = 3;
#endif
    }
}
int main() {
    std::thread b(produce, 1, PRODUCERS), a(produce, 0, 1);
    if (int *out; queue.pop(out))
        assert(*out == 1 || *out == 2);
    a.join(), b.join();
}
