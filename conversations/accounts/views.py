"""The page behind the set-up link."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from conversations.accounts.first_account import (
    SetupFinished,
    SetupLinkInvalid,
    check_setup_token,
    create_first_account,
)
from conversations.accounts.forms import FirstAccountForm

ALLAUTH_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@sensitive_post_parameters("password1", "password2")
def first_account(request: HttpRequest, token: str) -> HttpResponse:
    form = FirstAccountForm(request.POST or None)
    try:
        check_setup_token(token)
        if not form.is_valid():
            status = 422 if form.is_bound else 200
            return render(request, "account/first_account.html", {"form": form}, status=status)
        user = create_first_account(
            username=form.cleaned_data["username"],
            email=form.cleaned_data["email"],
            password=form.cleaned_data["password1"],
        )
    except SetupFinished:
        return render(request, "account/first_account_closed.html", {"finished": True}, status=410)
    except SetupLinkInvalid:
        return render(request, "account/first_account_closed.html", {"finished": False}, status=404)
    login(request, user, backend=ALLAUTH_BACKEND)
    return redirect("/")
