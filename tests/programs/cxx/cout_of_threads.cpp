// SPDX-License-Identifier: MIT
#include <iostream>
#include <mutex>
#include <thread>
std::mutex lock;
static void say(const char *what) {
    std::lock_guard<std::mutex> held(lock);
    std::cout << what << '\n';
}
int main() {
    std::thread a(say, "a");
    say("b");
    a.join();
}
