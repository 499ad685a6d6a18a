"""The benchmarks behind ``make bench``; docs/performance.md says what each of them measures."""
