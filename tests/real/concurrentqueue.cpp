// SPDX-License-Identifier: MIT
#include <concurrentqueue/concurrentqueue.h>
#include <cassert>
#include <thread>
static int items[2];
static moodycamel::ConcurrentQueue<int *> queue(2);
static moodycamel::ProducerToken token(queue);
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
        items[i] = i + 1;
        assert(queue.enqueue(TOKEN &items[i]));
#ifdef TOUCH
        items[i] = 3;
#endif
    }
}
int main() {
    std::thread b(produce, 1, PRODUCERS), a(produce, 0, 1);
    if (int *out; queue.try_dequeue(out))
        assert(*out == 1 || *out == 2);
    a.join(), b.join();
}
