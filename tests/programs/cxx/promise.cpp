// SPDX-License-Identifier: MIT
#include <cassert>
#include <future>
#include <thread>
int main() {
    std::promise<int> promise;
    std::future<int> answer = promise.get_future();
    std::thread a([&] { promise.set_value(7); });
    assert(answer.get() == 7);
    a.join();
}
