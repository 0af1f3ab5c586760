// SPDX-License-Identifier: MIT
#include <cassert>
#include <set>
#include <mutex>
#include <thread>
std::mutex lock;
std::set<int> table;
static void add(int n) {
#ifndef NO_LOCK
    std::lock_guard<std::mutex> held(lock);
#endif
    table.insert(n);
}
int main() {
    std::thread a(add, 1);
    add(2);
    a.join();
    assert(table.count(1) == 1 && *table.rbegin() == 2);
}
