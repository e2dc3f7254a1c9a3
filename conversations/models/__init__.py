"""The tables, one subject a file: what is kept, and what the database itself guarantees about it."""

from conversations.models.attachment import Attachment
from conversations.models.completion import Completion
from conversations.models.conversation import Conversation
from conversations.models.endpoint import Endpoint, OfferedModel, readable_name
from conversations.models.generation import Checkpoint, Generation
from conversations.models.message import Message
from conversations.models.part import Part
from conversations.models.preset import Preset, RequestDefaults
from conversations.models.request_settings import RequestSettings

__all__ = [
    "Attachment",
    "Checkpoint",
    "Completion",
    "Conversation",
    "Endpoint",
    "Generation",
    "Message",
    "OfferedModel",
    "Part",
    "Preset",
    "RequestDefaults",
    "RequestSettings",
    "readable_name",
]
