"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path

from chatsite import health

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("accounts/", include("conversations.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("conversations.urls")),
]
