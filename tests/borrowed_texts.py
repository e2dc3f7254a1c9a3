"""Texts of Django and allauth that our pages show, and that our catalogue translates.

Their own translation is missing, takes the text for another, or calls things by other names than our pages do.
"""

# A pair is a text for one thing and for several.
TEXTS: tuple[str | tuple[str, str], ...] = (
    # Django: forms
    "This field is required.",
    "Enter a valid email address.",
    (
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
    ),
    (
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    # Django: accounts
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    # Django: administration
    "Model name",
    "Add link",
    "Change or view list link",
    # allauth: signing in and up
    "Accounts",
    "Email",
    "Email address",
    "Username or email",
    "A user is already registered with this email address.",
    # allauth: e-mail addresses
    "This email address is already associated with this account.",
    "Primary email address set.",
    "Your primary email address must be verified.",
    "You cannot remove your primary email address (%(email)s).",
    "Removed email address %(email)s.",
    "Confirmation email sent to %(email)s.",
    "You have confirmed %(email)s.",
    "Verify Your Email Address",
    "Confirm Email Address",
    # allauth: letters
    "Hello from %(site_name)s!",
    "Please Confirm Your Email Address",
    "In case you forgot, your username is %(username)s.",
)
# The same with the context in which they stand.
TEXTS_IN_CONTEXT: tuple[tuple[str, str], ...] = ()
