"""Tests of accounts, tokens, sign-in pages and preferences."""
