"""Memory orders as places in a program: changed where they execute, written where they stand."""
