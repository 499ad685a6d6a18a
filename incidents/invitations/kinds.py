"""What the timeline says about invitations."""

KINDS = {
    "invited": "Invited",
    "invitation_declined": "Invitation declined",
    "invitation_withdrawn": "Invitation withdrawn",
}
