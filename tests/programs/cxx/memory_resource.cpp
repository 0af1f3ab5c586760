// SPDX-License-Identifier: MIT
// flags: -std=c++17
// Memory resources that threads take from in turns, or each from its own.
#include <cassert>
#include <memory_resource>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

static std::mutex lock;

static void use(std::pmr::memory_resource &pool, std::pmr::memory_resource &own) {
    std::pmr::vector<int> numbers({1, 2, 3}, &own);
    numbers.resize(300);
#ifndef TOGETHER
    std::lock_guard<std::mutex> held(lock);
#endif
    std::pmr::string text(40, 'a', &pool);
    assert(text.size() == 40 && numbers[2] == 3 && !numbers[299]);
}

int main() {
    char space[64];
    std::pmr::unsynchronized_pool_resource pool;
    std::pmr::monotonic_buffer_resource first(space, sizeof space), second(16);
#ifdef ONE_BUFFER
    std::thread other([&] { use(pool, first); });
#else
    std::thread other([&] { use(pool, second); });
#endif
    use(pool, first);
    other.join();
    assert(reinterpret_cast<unsigned long>(first.allocate(8, 256)) % 256 == 0);
    first.release();
    assert(first.allocate(8) == space);
}
