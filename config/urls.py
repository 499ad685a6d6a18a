"""Every address of Endstate, app by app."""

from functools import partial

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django.views.generic import RedirectView

from config import views
from config.api import api
from config.retention import what_is_forgotten
from manager.front_page import front_page

handler400 = "config.views.bad_request"
handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler429 = "config.views.too_many_requests"
handler500 = "config.views.server_error"

# The admin has no sign-in of its own: the same page, limits and second factor as everybody.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Nor has it a page of its own for one's password, or for the lists of one app: they stand among
# all others, below what needs somebody.
admin.site.password_change = RedirectView.as_view(  # type: ignore[assignment,method-assign]
    pattern_name="account_change_password"
)
admin.site.password_change_done = admin.site.password_change  # type: ignore[method-assign]
admin.site.app_index = RedirectView.as_view(  # type: ignore[assignment,method-assign]
    url="/admin/#lists"
)
admin.site.site_header = admin.site.site_title = "Endstate"
admin.site.index_title = "What needs you"
admin.site.index = partial(  # type: ignore[assignment,method-assign]
    front_page, extra_context={"forgotten": what_is_forgotten()}
)
# Rights follow the role, and an address is changed with its person: these would promise more.
# Second factors and single sign-on hold secrets; people's own pages and settings look after them.
admin.site.unregister([Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("favicon.ico", views.favicon, name="favicon"),
    # First: an incident's pages are asked for most.
    path("", include("warroom.urls")),
    path("admin/", admin.site.urls),
    path("", include("people.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/docs/errors", views.api_errors, name="api-errors"),
    path("api/v1/", api.urls),
    path("", include("drills.urls")),
    path("", include("notifications.urls")),
    path("", include("stakeholders.urls")),
    path("", include("postmortems.urls")),
]
