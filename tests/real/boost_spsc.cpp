// SPDX-License-Identifier: MIT
#include <boost/lockfree/spsc_queue.hpp>
#include <cassert>
#include <thread>
static int items[2];
static boost::lockfree::spsc_queue<int *, boost::lockfree::capacity<2>> queue;
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
        items[i] = i + 1;
        assert(queue.push(&items[i]));
#ifdef TOUCH
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
