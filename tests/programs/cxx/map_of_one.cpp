// SPDX-License-Identifier: MIT
#include <cassert>
#include <map>
#include <string>
int main() {
    std::map<int, std::string> names;
    for (int i = 0; i < 20; i++)
        names[i * 7 % 20] = "number " + std::to_string(i);
    for (int i = 0; i < 20; i += 3)
        names.erase(i);
    int last = -1;
    for (const auto &entry : names) {
        assert(entry.first > last);
        last = entry.first;
    }
    assert(names.size() == 13 && names.find(3) == names.end());
}
