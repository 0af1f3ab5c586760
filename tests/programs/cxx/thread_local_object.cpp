// SPDX-License-Identifier: MIT
#include <atomic>
#include <cassert>
#include <thread>
std::atomic<int> alive;
struct counted {
    counted() { alive++; }
    ~counted() { alive--; }
    int n = 0;
};
thread_local counted own;
int main() {
    std::thread a([] { own.n = 1; });
    a.join();
    assert(alive == 0);
    assert(own.n == 0 && alive == 1);
}
