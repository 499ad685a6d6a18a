"""The API's endpoints about reviews, items, language and insights; one router of all."""

from ninja import Router

from postmortems.ideas.api import router as ideas_router
from postmortems.insights.api import router as insights_router
from postmortems.items.api import router as items_router
from postmortems.language.api import router as language_router
from postmortems.publication.api import router as review_router

router = Router()
for part in (review_router, items_router, ideas_router, language_router, insights_router):
    router.add_router("", part)

__all__ = ["router"]
