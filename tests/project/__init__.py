"""The house keeps itself: documentation proven by tests, and the rules of where lines live."""
