// SPDX-License-Identifier: MIT
/*
 * list: the functions behind std::list that libstdc++ keeps in its archive. See tree.cpp for why.
 *
 * How       A ring of nodes, the list's own among them.
 */
#include <list>
#ifdef __GLIBCXX__

namespace std {
namespace __detail {

void _List_node_base::_M_hook(_List_node_base *const at) noexcept {
    _M_next = at;
    _M_prev = at->_M_prev;
    at->_M_prev->_M_next = this;
    at->_M_prev = this;
}

void _List_node_base::_M_unhook() noexcept {
    _M_prev->_M_next = _M_next;
    _M_next->_M_prev = _M_prev;
}

void _List_node_base::_M_transfer(_List_node_base *const first,
                                  _List_node_base *const end) noexcept {
    if (this == end)
        return;
    _List_node_base *last = end->_M_prev;
    first->_M_prev->_M_next = end;
    end->_M_prev = first->_M_prev;
    first->_M_prev = _M_prev;
    _M_prev->_M_next = first;
    last->_M_next = this;
    _M_prev = last;
}

void _List_node_base::_M_reverse() noexcept {
    _List_node_base *node = this;
    do {
        std::swap(node->_M_next, node->_M_prev);
        node = node->_M_prev; /* was the next one */
    } while (node != this);
}

/* Exchanges two rings, each of which may be its own node alone. */
void _List_node_base::swap(_List_node_base &a, _List_node_base &b) noexcept {
    const bool a_is_empty = a._M_next == &a, b_is_empty = b._M_next == &b;

    std::swap(a._M_next, b._M_next);
    std::swap(a._M_prev, b._M_prev);
    if (b_is_empty)
        a._M_next = a._M_prev = &a;
    else
        a._M_next->_M_prev = a._M_prev->_M_next = &a;
    if (a_is_empty)
        b._M_next = b._M_prev = &b;
    else
        b._M_next->_M_prev = b._M_prev->_M_next = &b;
}

} // namespace __detail
} // namespace std
#endif
