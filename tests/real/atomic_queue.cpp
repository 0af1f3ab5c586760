// SPDX-License-Identifier: MIT
#include <memory>
#include <atomic_queue/atomic_queue.h>
#include <cassert>
#include <thread>
static int items[2];
static atomic_queue::QUEUE queue;
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
        items[i] = i + 1;
        assert(queue.try_push(&items[i]));
#ifdef TOUCH
        items[i] = 3;
#endif
    }
}
int main() {
    std::thread b(produce, 1, PRODUCERS), a(produce, 0, 1);
    if (int *out; queue.try_pop(out))
        assert(*out == 1 || *out == 2);
    a.join(), b.join();
}
