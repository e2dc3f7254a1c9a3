"""The site's addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from chatsite import health

# One door for all: the admin's own sign-in page has no limit on attempts.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("accounts/", include("conversations.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("conversations.urls")),
]
