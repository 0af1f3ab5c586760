"""The explorer against itself: a program's threads created in another order.

``tests.oracle.whole`` decides small programs by brute force. What is wrong in a search often needs
more: a revisit inside a revisit, a third thread. For those nothing decides, but the order in which
``main`` creates its threads means nothing, while the search, which takes threads by number, comes
to each execution by quite another way. So both have the same executions, each once, or one of the
two searches is wrong (``turning``). A program of thousands of executions is asked in a second.
"""
