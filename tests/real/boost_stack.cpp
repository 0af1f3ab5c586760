// SPDX-License-Identifier: MIT
#include <boost/lockfree/stack.hpp>
#include <cassert>
#include <thread>
static int items[2];
static boost::lockfree::stack<int *, boost::lockfree::capacity<2>> stack;
static void produce(int from, int to) {
    for (int i = from; i < to; i++) {
        items[i] = i + 1;
        stack.PUSH(&items[i]);
#ifdef TOUCH
        items[i] = 3;
#endif
    }
}
int main() {
    std::thread b(produce, 1, PRODUCERS), a(produce, 0, 1);
    if (int *out; stack.pop(out))
        assert(*out == 1 || *out == 2);
    a.join(), b.join();
}
