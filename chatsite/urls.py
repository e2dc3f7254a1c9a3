"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from chatsite import health

# One door for all: the admin's own sign-in page has no limit on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Browsers ask for it on pages that name no icon, the admin's among them.
favicon = RedirectView.as_view(url=lazy(static, str)("img/logo.svg"))

urlpatterns = [
    path("favicon.ico", favicon),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("accounts/", include("conversations.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("conversations.urls")),
]
