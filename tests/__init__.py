"""The tests, laid out like the apps; ``tests.servers`` starts the servers they run on."""
