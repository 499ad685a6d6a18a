"""Finding and listing ideas."""

from people.models import User
from postmortems.ideas.models import Idea, IdeaQuerySet
from postmortems.review.models import Postmortem


def list_ideas(user: User, *, is_open: bool | None = None) -> IdeaQuerySet:
    """What this person may see of them, the newest first, everything a line shows loaded."""
    seen = Idea.objects.visible_to(user)
    seen = seen.select_related("by", "item", "dropped_by", "postmortem__incident")
    if is_open is True:
        seen = seen.open()
    elif is_open is False:
        seen = seen.exclude(pk__in=Idea.objects.open().values("pk"))
    return seen.order_by("-id")


def idea_of(postmortem: Postmortem, idea_id: int | None) -> Idea | None:
    """The idea of that review, or nothing. One query, or none."""
    if idea_id is None:
        return None
    return Idea.objects.filter(postmortem=postmortem, pk=idea_id).select_related("by").first()
