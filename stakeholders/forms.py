"""The one thing stakeholders write: a question."""

from incidents.forms.base import EditForm, text


class AskForm(EditForm):
    """A question to whoever speaks for the incident."""

    text = text("Your question", 500, required=True, placeholder="Ask a question", rows=1)
