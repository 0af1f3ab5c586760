"""Campaigns: many targets under one time budget, every result kept as it happens.

``plan`` says what is wanted, ``sharing`` who runs next, ``record`` what a target has shown
so far, ``judgement`` what that means, ``database`` keeps it, ``run`` is the loop around
them; ``progress``, ``table`` and ``report`` show it.
"""
