"""Rust as rustc compiles it, made into what the explorer can follow."""
