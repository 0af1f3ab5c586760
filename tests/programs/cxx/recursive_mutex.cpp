// SPDX-License-Identifier: MIT
#include <cassert>
#include <mutex>
#include <thread>
std::recursive_mutex lock;
int depth, most;
static void enter(int n) {
    std::lock_guard<std::recursive_mutex> held(lock);
    most = ++depth > most ? depth : most;
    if (n)
        enter(n - 1);
    depth--;
}
int main() {
    std::thread a(enter, 1);
    enter(1);
    a.join();
    assert(most == 2 && depth == 0);
}
