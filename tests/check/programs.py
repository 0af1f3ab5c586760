"""What every small C program of these tests begins with, and small programs in C++."""

from __future__ import annotations

HEAD = """
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
static pthread_t t_[8]; static int n_;
__attribute__((unused)) static void go(void *(*f)(void *), void *a) { pthread_create(&t_[n_++], 0, f, a); }
__attribute__((unused)) static void done(void) { for (int i = 0; i < n_; i++) pthread_join(t_[i], 0); }
#define THREAD(name) static void *name(void *arg)
#define UNUSED (void)arg
"""

#: C++ programs, with what must be found in them.
CXX: dict[str, tuple[str, str | None]] = {
    "threads-and-mutex": (
        "#include <thread>\n#include <mutex>\n#include <vector>\n#include <cassert>\n"
        "std::mutex m; std::vector<int> v; int main() { std::thread a([]{ std::lock_guard<std::mutex> g(m); v.push_back(1); }),"
        " b([]{ std::lock_guard<std::mutex> g(m); v.push_back(2); }); a.join(); b.join(); assert(v.size() == 2); }",
        None,
    ),
    "unprotected-vector": (
        "#include <thread>\n#include <vector>\n"
        "std::vector<int> v; int main() { std::thread a([]{ v.push_back(1); }); v.push_back(2); a.join(); }",
        "data race",
    ),
    "function-local-static": (
        "#include <thread>\n#include <cassert>\nstruct S { int x; S() : x(7) {} }; static S &s() { static S one; return one; }"
        "int main() { std::thread a([]{ assert(s().x == 7); }); assert(s().x == 7); a.join(); }",
        None,
    ),
    "exceptions-are-caught": (
        '#include <stdexcept>\n#include <thread>\nint main() { std::thread a([]{ try { throw std::runtime_error("x"); } catch (std::exception &) {} });'
        " try { throw 1; } catch (int) {} a.join(); }",
        None,
    ),
    "call-once-left-by-an-exception": (
        "#include <mutex>\n#include <stdexcept>\n#include <thread>\n#include <cassert>\n"
        'static std::once_flag once; static int tries, made; static void make() { if (tries++ == 0) throw std::runtime_error("no"); made = 5; }'
        "static void use() { try { std::call_once(once, make); } catch (const std::exception &) { std::call_once(once, make); } assert(made == 5); }"
        "int main() { std::thread a(use); use(); a.join(); assert(tries == 2); }",
        None,
    ),
    "call-once-given-up-by-an-exception": (
        "#include <mutex>\n#include <thread>\n#include <cassert>\n"
        "static std::once_flag once; static int tries, made; static void make() { if (tries++ == 0) throw 1; made = 5; }"
        "static void use() { try { std::call_once(once, make); } catch (int) { return; } assert(made == 5); }"
        "int main() { std::thread a(use); use(); a.join(); assert(made == 5 && tries == 3); }",
        "assertion",
    ),
    "exceptions-are-held": (
        "#include <cassert>\n#include <exception>\n#include <future>\n#include <stdexcept>\n#include <thread>\n"
        "struct mine : std::runtime_error { using std::runtime_error::runtime_error; int n = 3; };"
        "static std::exception_ptr *kept() { try { throw 5; } catch (...) { return new std::exception_ptr(std::current_exception()); } }"
        'static void nested() { try { throw 1; } catch (int) { std::throw_with_nested(mine("out")); } }'
        "static int rethrown(std::exception_ptr held) { try { std::rethrow_exception(held); } catch (int v) { return v; } }"
        "static void use() { auto *one = kept(), *other = new std::exception_ptr(std::make_exception_ptr(6)); std::exception_ptr copy = *one; delete one;"
        " assert(rethrown(copy) == 5); copy = *other; delete other; assert(rethrown(copy) == 6);"
        " try { try { nested(); } catch (...) { throw; } } catch (const mine &m) { assert(m.n == 3); std::runtime_error again(m);"
        " try { std::rethrow_if_nested(m); assert(0); } catch (int v) { assert(v == 1); } } }"
        "int main() { std::promise<int> p; auto f = p.get_future(); std::thread a([&] { use(); p.set_value(4); }); assert(f.get() == 4); a.join(); }",
        None,
    ),
    "exceptions-held-by-one-unprotected-pointer": (
        "#include <exception>\n#include <thread>\nstatic std::exception_ptr held;"
        "int main() { std::thread a([] { try { throw 1; } catch (...) { held = std::current_exception(); } }); std::exception_ptr mine = held; a.join(); }",
        "data race",
    ),
    "exception-is-not-caught": ("int main() { throw 5; }", "uncaught exception"),
    "condition-variable": (
        "#include <thread>\n#include <mutex>\n#include <condition_variable>\n"
        "std::mutex m; std::condition_variable c; bool ready; int main() { std::thread a([]{ std::unique_lock<std::mutex> l(m); c.wait(l, []{ return ready; }); });"
        " { std::lock_guard<std::mutex> g(m); ready = true; } c.notify_one(); a.join(); }",
        None,
    ),
    "atomic-and-shared-pointer": (
        "#include <atomic>\n#include <memory>\n#include <thread>\n#include <cassert>\n"
        "std::atomic<int> x; int main() { auto p = std::make_shared<int>(3); std::thread a([p]{ x.fetch_add(*p, std::memory_order_relaxed); }); p.reset(); a.join(); assert(x == 3); }",
        None,
    ),
    "static-constructors": (
        '#include <string>\n#include <cassert>\nstd::string s("a string longer than the small buffer of the class"); thread_local std::string t("x");'
        "int main() { assert(s.size() > 20); t += s; assert(t.size() > 20); }",
        None,
    ),
}
