// SPDX-License-Identifier: MIT
#include <cassert>
#include <mutex>
#include <queue>
#include <thread>
std::mutex lock;
std::priority_queue<int> jobs;
static void push(int n) {
    std::lock_guard<std::mutex> held(lock);
    jobs.push(n);
}
int main() {
    std::thread a(push, 1);
    push(2);
    a.join();
    assert(jobs.top() == 2);
}
