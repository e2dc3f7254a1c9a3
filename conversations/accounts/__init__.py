"""Accounts: the first one through a one-time link, then django-allauth's pages under our own rules."""
