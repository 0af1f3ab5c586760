// SPDX-License-Identifier: MIT
#include <cassert>
#include <future>
#include <stdexcept>
#include <thread>
int main() {
    std::promise<int> promise;
    std::future<int> answer = promise.get_future();
    std::thread a([&] {
        promise.set_exception(std::make_exception_ptr(std::runtime_error("no")));
    });
    try {
        answer.get();
        assert(false);
    } catch (const std::runtime_error &) {
    }
    a.join();
}
