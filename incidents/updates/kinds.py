"""What the timeline says about updates and questions."""

KINDS = {
    "statement_confirmed": "The miss was named",
    "update_published": "Update published",
    "question_asked": "Question asked",
    "question_answered": "Question answered",
    "back_said": "It is back for somebody",
    "question_declined": "Question declined",
}
