"""An independent judge of whole programs: threads anywhere, locks, plain data, branches, loops.

It shares nothing with ``csrc/explore``. A program (``program``) is drawn from a seed (``drawn``),
turned into steps (``steps``) and decided by brute force: ``decide`` lets every thread that can go
on take every step that a model allows (``partial``: one execution so far, and the axioms), never
the same state twice. ``printer`` writes the same program in C, ``explored`` asks the explorer,
``shrink`` makes smaller what differs.
"""
