// SPDX-License-Identifier: MIT
// flags: -std=c++17
#include <cassert>
#include <optional>
#include <string>
#include <thread>
#include <variant>
std::variant<int, std::string> value;
std::optional<int> found;
int main() {
    std::thread a([] { value = std::string("seven"); });
    a.join();
    found = std::get<std::string>(value).size();
    assert(*found == 5);
}
