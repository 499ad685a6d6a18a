"""What the timeline says about rules that ask again."""

KINDS = {
    "missing_asked": "What is missing asked for",
}
