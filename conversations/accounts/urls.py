"""Addresses under /accounts/."""

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.urls import include, path

from conversations.accounts import views
from conversations.accounts.first_account import account_exists


def signup_is_open() -> bool:
    return bool(get_adapter().is_open_for_signup(None))


# Templates call what they find callable: both are asked for each page.
sign_in = LoginView.as_view(
    extra_context={"account_exists": account_exists, "signup_is_open": signup_is_open}
)

urlpatterns = [
    path("setup/<str:token>/", views.first_account, name="first_account"),
    path("login/", sign_in, name="account_login"),
    path("", include("allauth.account.urls")),
]
