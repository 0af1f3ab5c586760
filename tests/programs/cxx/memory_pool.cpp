// SPDX-License-Identifier: MIT
// flags: -std=c++17
#include <memory_resource>
#include <thread>
#include <vector>
int main() {
    std::pmr::synchronized_pool_resource pool;
    std::thread a([&] { std::pmr::vector<int> own({1, 2}, &pool); });
    std::pmr::vector<int> own({3}, &pool);
    a.join();
}
