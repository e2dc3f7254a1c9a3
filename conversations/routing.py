"""The WebSocket addresses."""

from django.urls import path

from conversations.consumers import ConversationConsumer

websocket_urlpatterns = [
    path("ws/", ConversationConsumer.as_asgi()),
    path("ws/c/<uuid:conversation_id>/", ConversationConsumer.as_asgi()),
]
