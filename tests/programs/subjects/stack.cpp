#include <atomic>
#include <new>
#include <vector>
template <class T> class Stack {
    struct Node {
        T value;
        Node *next;
    };
    std::atomic<Node *> top{nullptr};

  public:
    void push(T value) {
        Node *node = new Node{value, top.load(std::memory_order_relaxed)};
#ifdef RELAXED
        while (!top.compare_exchange_weak(node->next, node, std::memory_order_relaxed))
            ;
#else
        while (!top.compare_exchange_weak(node->next, node, std::memory_order_release,
                                          std::memory_order_relaxed))
            ;
#endif
    }
    bool pop(T &out) {
        Node *node = top.load(std::memory_order_acquire);
        while (node &&
               !top.compare_exchange_weak(node, node->next, std::memory_order_acquire))
            ;
        if (!node)
            return false;
        out = node->value;
#ifdef FREEING
        delete node;
#endif
        return true;
    }
};
extern "C" {
struct stack {
    Stack<int> stack;
};
void stack_init(struct stack *s) { new (s) stack; }
void stack_push(struct stack *s, int value) { s->stack.push(value); }
bool stack_pop(struct stack *s, int *out) { return s->stack.pop(*out); }
}
