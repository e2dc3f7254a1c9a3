"""Chat Completions as data: requests, replies, streams and errors, with no socket and no Django."""

from .chunks import ChatCompletionChunk, Choice, CustomDelta, Delta, FunctionDelta, ToolCallDelta
from .errors import EndpointError, ErrorKind, InvalidRequest, ProtocolError, Retry
from .events import (
    ChoiceFinished,
    PartData,
    PartDelta,
    PartEvent,
    PartFinished,
    PartKind,
    PartKindChanged,
    PartStarted,
)
from .model_list import ModelInfo, ModelList, read_model, read_model_list
from .outcome import ChoiceOutcome, Outcome, Part
from .sse import DONE_EVENT, ServerSentEvent, SSEDecoder, encode_event
from .tools import ToolCall, arguments_are_complete
from .usage import Usage, read_usage

__all__ = [
    "DONE_EVENT",
    "ChatCompletionChunk",
    "Choice",
    "ChoiceFinished",
    "ChoiceOutcome",
    "CustomDelta",
    "Delta",
    "EndpointError",
    "ErrorKind",
    "FunctionDelta",
    "InvalidRequest",
    "ModelInfo",
    "ModelList",
    "Outcome",
    "Part",
    "PartData",
    "PartDelta",
    "PartEvent",
    "PartFinished",
    "PartKind",
    "PartKindChanged",
    "PartStarted",
    "ProtocolError",
    "Retry",
    "SSEDecoder",
    "ServerSentEvent",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "arguments_are_complete",
    "encode_event",
    "read_model",
    "read_model_list",
    "read_usage",
]
