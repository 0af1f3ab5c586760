// SPDX-License-Identifier: MIT
// flags: -std=c++20
#include <cassert>
#include <stop_token>
#include <thread>
int main() {
    int called = 0;
    std::stop_source source;
    std::stop_callback call(source.get_token(), [&] { called++; });
    std::thread a([&] { source.request_stop(); });
    a.join();
    assert(called == 1);
}
