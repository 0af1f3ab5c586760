// SPDX-License-Identifier: MIT
// A ring for one producer and one consumer, as a template; RELAXED publishes a value unwritten.
#include <atomic>
#include <cstddef>

#ifdef RELAXED
constexpr auto publish = std::memory_order_relaxed;
#else
constexpr auto publish = std::memory_order_release;
#endif

template <class T, std::size_t N> class ring {
    T slots[N] = {};
    std::atomic<std::size_t> head{0}, tail{0};

  public:
    bool push(const T &value) {
        const auto at = tail.load(std::memory_order_relaxed);
        if (at - head.load(std::memory_order_acquire) == N)
            return false;
        slots[at % N] = value;
        tail.store(at + 1, publish);
        return true;
    }
    bool pop(T &value) {
        const auto at = head.load(std::memory_order_relaxed);
        if (at == tail.load(std::memory_order_acquire))
            return false;
        value = slots[at % N];
        head.store(at + 1, std::memory_order_release);
        return true;
    }
};
