"""What a supervisor asks: is the process alive, and do its database and channel layer answer?"""

import asyncio
from uuid import uuid4

import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse

LAYER_MAY_TAKE_SECONDS = 3

log = structlog.get_logger(__name__)


async def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


async def ready(request: HttpRequest) -> JsonResponse:
    """503 with the name of what does not answer, and no more: the reason goes to the log."""
    parts = {"database": await sync_to_async(_database_answers)(), "channel_layer": await _layer_answers()}
    status = "ok" if all(parts.values()) else "unavailable"
    return JsonResponse({"status": status, **parts}, status=200 if status == "ok" else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.error("database does not answer", error=str(error))
        return False
    return True


async def _layer_answers() -> bool:
    """A message to a channel of our own must come back."""
    layer = get_channel_layer()
    channel = f"readiness.{uuid4().hex}"
    message = {"type": "readiness.probe"}
    try:
        async with asyncio.timeout(LAYER_MAY_TAKE_SECONDS):
            await layer.send(channel, message)
            return bool(await layer.receive(channel) == message)
    except _layer_errors() as error:
        log.error("channel layer does not answer", error=str(error))
        return False


def _layer_errors() -> tuple[type[Exception], ...]:
    if not settings.REDIS_URL:
        return (OSError,)
    # Imported where it is used: it takes a fifth of a second, which a start without Redis need not spend.
    from redis.exceptions import RedisError

    return (OSError, RedisError)
