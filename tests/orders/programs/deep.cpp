#include <atomic>
struct node { std::atomic<int> n{0}; std::atomic<node *> next{nullptr}; int plain = 0; };
static std::atomic<int> x{0}, y{1};
static node a, b;
static std::atomic<node *> head{&a};
static volatile int lock;
static int up(std::atomic<int> *p) { (*p)++; (*p) = 3; return 1; }
int main()
{
    a.next = &b;
    int i = head.load()->plain;
    x = y = 0;
    i += up(&x);
    if (__sync_bool_compare_and_swap(&lock, 0, 1))
        i++;
    return i == 12345;
}
