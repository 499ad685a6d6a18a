"""What was marked during the incident of a review, and what became of each (P56)."""

from dataclasses import dataclass
from typing import Final, Literal

from alerts.models import Alert
from incidents.changes.models import Change
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem

Kind = Literal["alert", "quick_fix"]
ALERT: Final = "alert"
QUICK_FIX: Final = "quick_fix"


@dataclass(frozen=True)
class Mark:
    """One thing that was marked; ``item`` or ``because`` once somebody settled it."""

    key: str
    kind: Kind
    text: str
    item: ActionItem | None = None
    because: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether it became an item or got a written no."""
        return self.item is not None or bool(self.because)

    @property
    def question(self) -> str:
        """What the review asks of it."""
        if self.kind == ALERT:
            return f"The alert “{self.text}” was noise: tune or retire it, or say why it stays."
        return f"“{self.text}” was a quick fix: what replaces it, or why does it stay?"


def find_mark(postmortem: Postmortem, key: str) -> Mark | None:
    """What was marked by that name, or nothing. Three queries."""
    return next((one for one in marks_of(postmortem) if one.key == key), None)


def marks_of(postmortem: Postmortem) -> list[Mark]:
    """Noisy alerts by their name, then quick fixes that ran. Three queries."""
    incident = postmortem.incident_id
    noisy = Alert.objects.filter(incident=incident, noise_at__isnull=False).order_by("name")
    quick = Change.objects.filter(incident=incident, quick_fix=True, started_at__isnull=False)
    found: list[tuple[str, Kind, str]]
    found = [(f"alert:{name}", ALERT, name) for name in noisy.values_list("name", flat=True)]
    found += [
        (f"change:{change.pk}", QUICK_FIX, change.card.title)
        for change in quick.select_related("card").order_by("pk")
    ]
    settled = {one.key: one for one in postmortem.settled_marks.select_related("item")}
    marks = []
    for key, kind, text in dict.fromkeys(found):
        word = settled.get(key)
        if word is None:
            marks.append(Mark(key, kind, text))
        else:
            marks.append(Mark(key, kind, text, word.item, word.because))
    return marks
