"""Chat Completions as data: requests, replies, streams and errors, with no socket and no Django."""

from .accumulator import ChunkAccumulator
from .chunks import ChatCompletionChunk, Choice, CustomDelta, Delta, FunctionDelta, ToolCallDelta
from .error_reading import bad_response, read_error
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
from .history import ReasoningPolicy, history_message
from .key_masking import mask_keys
from .model_list import ModelInfo, ModelList, read_model, read_model_list
from .outcome import ChoiceOutcome, Outcome, Part
from .reply import Item, ReplyDecoder
from .sse import DONE_EVENT, ServerSentEvent, SSEDecoder, encode_event
from .text_repair import clean_text, clean_value
from .tools import ToolCall, arguments_are_complete
from .usage import Usage, read_usage

__all__ = [
    "DONE_EVENT",
    "ChatCompletionChunk",
    "Choice",
    "ChoiceFinished",
    "ChoiceOutcome",
    "ChunkAccumulator",
    "CustomDelta",
    "Delta",
    "EndpointError",
    "ErrorKind",
    "FunctionDelta",
    "InvalidRequest",
    "Item",
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
    "ReasoningPolicy",
    "ReplyDecoder",
    "Retry",
    "SSEDecoder",
    "ServerSentEvent",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "arguments_are_complete",
    "bad_response",
    "clean_text",
    "clean_value",
    "encode_event",
    "history_message",
    "mask_keys",
    "read_error",
    "read_model",
    "read_model_list",
    "read_usage",
]
