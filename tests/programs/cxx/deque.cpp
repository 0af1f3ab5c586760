// SPDX-License-Identifier: MIT
#include <cassert>
#include <deque>
#include <mutex>
#include <thread>
std::mutex lock;
std::deque<int> queue;
static void push(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> held(lock);
#endif
    queue.push_front(n);
}
int main() {
    std::thread a(push, 1);
    push(2);
    a.join();
    assert(queue[0] + queue[1] == 3);
}
