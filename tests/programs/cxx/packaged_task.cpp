// SPDX-License-Identifier: MIT
#include <cassert>
#include <future>
#include <thread>
int main() {
    std::packaged_task<int(int)> task([](int n) { return n * 2; });
    std::future<int> answer = task.get_future();
    std::thread a(std::move(task), 4);
    assert(answer.get() == 8);
    a.join();
}
