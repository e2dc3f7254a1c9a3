"""People and histories of a site, made through the ORM: runs inside `manage.py shell` on the site's own data.

Prints what it made as one line of JSON. People come with a session, as after signing in; only the reader has a password
too, for hashing one takes its time.
"""

import json
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Endpoint
from tests.factories import make_exchange, make_long_conversation
from tests.servers.site import PASSWORD

RICH = """# Heading

Text with *emphasis*, `code`, [a link](https://example.com/) and $x^2$.

| Name | Value |
|:-----|------:|
| one  | 1     |

```python
def f(x: int) -> str:  # a comment
    return "text" * x
```

$$\\int_0^1 x^2\\,dx$$

> quoted

- [x] done
- [ ] open

1. first
2. second"""
LONG_WORD = "averylongwordwithoutanyspaceinit" * 8
COLUMNS = " | ".join(["columncolumn"] * 12)
WIDE = f"""{LONG_WORD}

`{LONG_WORD}`

```
{LONG_WORD} {LONG_WORD}
```

| {COLUMNS} |
|{"---|" * 12}"""
LONG_CONVERSATION = 65
MANY_CONVERSATIONS = 90


def populate(people: int, scripted_url: str) -> None:
    """`people` users with nothing of their own, one with a few histories, one with many; an endpoint `scripted`."""
    Endpoint.objects.create(name="Scripted", slug="scripted", base_url=scripted_url, position=5)
    reader = make_user("reader")
    reader.set_password(PASSWORD)
    reader.save()
    made = {
        "people": [signed_in(make_user(f"person{number}")) for number in range(people)],
        "reader": signed_in(reader),
        "long": make_long_conversation(reader, LONG_CONVERSATION).get_absolute_url(),
        "rich": make_answered(reader, "A rich answer", RICH),
        "wide": make_answered(reader, LONG_WORD[:150], WIDE),
        "collector": signed_in(make_collector()),
    }
    print(json.dumps(made))


def make_user(name: str) -> User:
    user = User(username=name, email=f"{name}@example.org")
    user.set_unusable_password()
    user.save()
    return user


def signed_in(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return {"name": user.username, "session": client.cookies["chatsite_session"].value}


def make_answered(owner: User, said: str, answered: str) -> str:
    conversation = Conversation.objects.create(owner=owner, title=said)
    make_exchange(conversation, said, answered)
    return conversation.get_absolute_url()


def make_collector() -> User:
    """The owner of one conversation for each of the last hours."""
    collector = make_user("collector")
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(
            owner=collector, title=f"Conversation {number:02}", active_at=now - timedelta(hours=number + 1)
        )
        for number in range(MANY_CONVERSATIONS)
    )
    return collector
