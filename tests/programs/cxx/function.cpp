// SPDX-License-Identifier: MIT
#include <cassert>
#include <functional>
#include <thread>
int main() {
    int sum = 0;
    std::function<void(int)> add = [&sum](int n) { sum += n; };
    std::thread a(add, 2);
    a.join();
    add(3);
    assert(sum == 5);
}
