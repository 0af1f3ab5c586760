"""An independent judge of the explorer: small programs, every graph, the papers' axioms.

It shares nothing with ``csrc/explore``: it enumerates by brute force and is exponential on
purpose. A program goes through ``program`` (what is written), ``unfold`` (what a thread does
given the values it reads), ``graphs`` (every candidate) and one of ``sc``, ``tso``, ``rc11``
(which candidates are consistent). ``printer`` gives the same program to the explorer.
"""
