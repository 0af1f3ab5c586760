"""Drawn programs whose atomic accesses of several sizes overlap, decided by brute force.

A program is straight-line code over one or two words of sixteen bytes. ``decide`` has its graphs
under each model: sc and tso by interleaving steps over plain memory, rc11 by trying every order of
the writes and every place in it for each read. ``campaign`` asks the explorer for the same.
"""
