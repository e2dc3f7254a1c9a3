"""The ASGI application: pages over HTTP, live answers over WebSockets."""

import os

from chatsite.environment import load_env_file

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
load_env_file()

from chatsite.handler import get_asgi_application  # noqa: E402

http_application = get_asgi_application()

# What follows imports models, so the line above comes first.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402

from chatsite.socket_users import SocketUsers  # noqa: E402
from conversations.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AllowedHostsOriginValidator(
            CookieMiddleware(SocketUsers(URLRouter(websocket_urlpatterns)))
        ),
    }
)
