"""The benchmarks behind ``make bench``; PERFORMANCE's bars stand in docs/performance.md."""
