// SPDX-License-Identifier: MIT
#include <readerwriterqueue/readerwriterqueue.h>
#include <cassert>
#include <thread>
static int items[2];
static moodycamel::ReaderWriterQueue<int *> queue(1);
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
        items[i] = i + 1;
        assert(queue.try_enqueue(&items[i]));
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
