"""What the timeline says about share links."""

KINDS = {
    "link_shared": "Share link made",
    "link_revoked": "Share link revoked",
    "money_shared": "Money on share links",
}
