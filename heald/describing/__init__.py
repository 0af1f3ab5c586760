"""The first description of somebody's code, written from their header."""
