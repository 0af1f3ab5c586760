/* A linked stack: compare-exchange of the top, malloc and free of nodes. */
#include <stdatomic.h>
#include <stdlib.h>

struct node {
    int value;
    struct node *next;
};

struct stack {
    _Atomic(struct node *) top;
};

void stack_init(struct stack *stack) { atomic_init(&stack->top, NULL); }

void stack_push(struct stack *stack, int value) {
    struct node *node = malloc(sizeof *node);
    node->value = value;
    node->next = atomic_load(&stack->top);
    while (!atomic_compare_exchange_weak(&stack->top, &node->next, node))
        ;
}

int stack_pop(struct stack *stack, int *value) {
    struct node *first = atomic_load(&stack->top);
    while (first != NULL &&
           !atomic_compare_exchange_weak(&stack->top, &first, first->next))
        ;
    if (first == NULL)
        return 0;
    *value = first->value;
    free(first);
    return 1;
}
