// SPDX-License-Identifier: MIT
/*
 * tree: the functions behind std::map and std::set that libstdc++ keeps in its archive.
 *
 * Why       What is in the archive is compiled without instrumentation: links that it sets are written
 *           unseen, so a race on a map would be. These are linked into explored programs in its place.
 * Source    Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, chapter 13; the interface is
 *           that of bits/stl_tree.h: the header's parent is the root, its left and right are the first
 *           and the last node, and the root's parent is the header. A leaf's children are null.
 */
#if __has_include(<bits/stl_tree.h>) /* else another library */
#include <bits/stl_tree.h>

namespace std {

using base = _Rb_tree_node_base;

static base *first_below(base *node) {
    while (node->_M_left)
        node = node->_M_left;
    return node;
}

static base *last_below(base *node) {
    while (node->_M_right)
        node = node->_M_right;
    return node;
}

/* The header is red and the root's parent's parent is the root; a root alone would look like it. */
static bool is_header(const base *node) {
    return node->_M_color == _S_red && node->_M_parent &&
           node->_M_parent->_M_parent == node;
}

static base *next(base *node) {
    if (node->_M_right)
        return first_below(node->_M_right);
    base *up = node->_M_parent;
    while (node == up->_M_right) {
        node = up;
        up = up->_M_parent;
    }
    return node->_M_right != up ? up : node;
}

static base *previous(base *node) {
    if (is_header(node))
        return node->_M_right;
    if (node->_M_left)
        return last_below(node->_M_left);
    base *up = node->_M_parent;
    while (node == up->_M_left) {
        node = up;
        up = up->_M_parent;
    }
    return up;
}

base *_Rb_tree_increment(base *node) throw() { return next(node); }
const base *_Rb_tree_increment(const base *node) throw() {
    return next(const_cast<base *>(node));
}
base *_Rb_tree_decrement(base *node) throw() { return previous(node); }
const base *_Rb_tree_decrement(const base *node) throw() {
    return previous(const_cast<base *>(node));
}

/* Puts `child`, which may be null, where `node` hangs. */
static void replace(base *node, base *child, base *&root) {
    base *up = node->_M_parent;
    if (node == root)
        root = child;
    else if (node == up->_M_left)
        up->_M_left = child;
    else
        up->_M_right = child;
    if (child)
        child->_M_parent = up;
}

static base *&side(base *node, bool is_left) {
    return is_left ? node->_M_left : node->_M_right;
}

/* The node goes down to its left or right; its other child comes up. */
static void rotate(base *node, bool to_left, base *&root) {
    base *up = side(node, !to_left);
    base *between = side(up, to_left);
    side(node, !to_left) = between;
    if (between)
        between->_M_parent = node;
    replace(node, up, root);
    side(up, to_left) = node;
    node->_M_parent = up;
}

static bool is_red(const base *node) { return node && node->_M_color == _S_red; }

static void link(bool is_left, base *node, base *up, base &header) {
    node->_M_parent = up;
    node->_M_left = node->_M_right = nullptr;
    node->_M_color = _S_red;
    side(up, is_left) = node; /* of an empty tree: also the header's first node */
    if (up == &header) {
        header._M_parent = node;
        header._M_left = header._M_right = node;
    } else if (is_left && up == header._M_left) {
        header._M_left = node;
    } else if (!is_left && up == header._M_right) {
        header._M_right = node;
    }
}

void _Rb_tree_insert_and_rebalance(const bool is_left, base *node, base *up,
                                   base &header) throw() {
    base *&root = header._M_parent;

    link(is_left, node, up, header);
    while (node != root && is_red(node->_M_parent)) {
        base *above = node->_M_parent->_M_parent;
        const bool left = node->_M_parent == above->_M_left;
        base *uncle = side(above, !left);
        if (is_red(uncle)) {
            node->_M_parent->_M_color = uncle->_M_color = _S_black;
            above->_M_color = _S_red;
            node = above;
            continue;
        }
        if (node == side(node->_M_parent, !left)) {
            node = node->_M_parent;
            rotate(node, left, root);
        }
        node->_M_parent->_M_color = _S_black;
        above->_M_color = _S_red;
        rotate(above, !left, root);
    }
    root->_M_color = _S_black;
}

/* One black node is missing below `up` on the side of `child`, which may be null. */
static void restore_black(base *child, base *up, base *&root) {
    while (child != root && !is_red(child)) {
        const bool left = child == up->_M_left;
        base *other = side(up, !left);
        if (is_red(other)) {
            other->_M_color = _S_black;
            up->_M_color = _S_red;
            rotate(up, left, root);
            other = side(up, !left);
        }
        if (!is_red(other->_M_left) && !is_red(other->_M_right)) {
            other->_M_color = _S_red;
            child = up;
            up = up->_M_parent;
            continue;
        }
        if (!is_red(side(other, !left))) {
            side(other, left)->_M_color = _S_black;
            other->_M_color = _S_red;
            rotate(other, !left, root);
            other = side(up, !left);
        }
        other->_M_color = up->_M_color;
        up->_M_color = _S_black;
        side(other, !left)->_M_color = _S_black;
        rotate(up, left, root);
        child = root;
    }
    if (child)
        child->_M_color = _S_black;
}

/* The ends that the header knows, if the node is one of them. */
static void move_ends(base *node, base &header) {
    if (header._M_left == node)
        header._M_left = node->_M_right ? first_below(node->_M_right) : node->_M_parent;
    if (header._M_right == node)
        header._M_right = node->_M_left ? last_below(node->_M_left) : node->_M_parent;
}

/* The next node takes the place and the colour of one that has two children. */
static void take_place(base *heir, base *node, base *&root) {
    heir->_M_left = node->_M_left;
    heir->_M_left->_M_parent = heir;
    if (heir != node->_M_right) {
        heir->_M_right = node->_M_right;
        heir->_M_right->_M_parent = heir;
    }
    replace(node, heir, root);
    std::swap(heir->_M_color, node->_M_color);
}

base *_Rb_tree_rebalance_for_erase(base *const node, base &header) throw() {
    base *&root = header._M_parent;
    base *child, *up;

    if (node->_M_left && node->_M_right) {
        base *heir = first_below(node->_M_right);
        child = heir->_M_right;
        up = heir->_M_parent == node ? heir : heir->_M_parent;
        if (up != heir)
            replace(heir, child, root);
        take_place(heir, node, root);
    } else {
        move_ends(node, header);
        child = node->_M_left ? node->_M_left : node->_M_right;
        up = node->_M_parent;
        replace(node, child, root);
    }
    if (node->_M_color == _S_black)
        restore_black(child, up, root);
    return node;
}

unsigned _Rb_tree_black_count(const base *node, const base *root) throw() {
    unsigned count = 0;
    for (; node; node = node == root ? nullptr : node->_M_parent)
        count += node->_M_color == _S_black;
    return count;
}

} // namespace std
#endif
