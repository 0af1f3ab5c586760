// SPDX-License-Identifier: MIT
#include <cassert>
#include <mutex>
#include <thread>
#include <vector>
std::mutex lock;
std::vector<int> seen;
static void add(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> guard(lock);
#endif
    seen.push_back(n);
}
int main() {
    std::thread a(add, 1), b(add, 2);
    a.join();
    b.join();
    assert(seen.size() == 2);
}
