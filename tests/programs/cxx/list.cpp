// SPDX-License-Identifier: MIT
#include <cassert>
#include <list>
#include <mutex>
#include <thread>
std::mutex lock;
std::list<int> table;
static void add(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> held(lock);
#endif
    table.push_back(n);
}
int main() {
    std::thread a(add, 1);
    add(2);
    a.join();
    assert(table.front() + table.back() == 3);
}
