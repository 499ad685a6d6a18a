"""The one thing stakeholders write: a question."""

from typing import Any

from pages.forms import EditForm, text


class AskForm(EditForm):
    """A question to whoever speaks for the incident; that it is empty the action says."""

    text = text("Your question", 500, placeholder="Ask a question", rows=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "ask-%s", **kwargs})
