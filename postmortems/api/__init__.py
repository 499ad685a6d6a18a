"""The API's calls about reviews, action items, language and insights; one router of all of them."""

from ninja import Router

from postmortems.api.insights import router as insights_router
from postmortems.api.items import router as items_router
from postmortems.api.language import router as language_router
from postmortems.api.review import router as review_router

router = Router()
for part in (review_router, items_router, language_router, insights_router):
    router.add_router("", part)

__all__ = ["router"]
