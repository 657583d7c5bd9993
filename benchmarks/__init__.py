"""The figures of docs/benchmarks.md: ``python -m benchmarks`` builds what it needs and measures."""
