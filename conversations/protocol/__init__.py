"""Chat Completions as data: requests, replies, streams and errors, with no socket and no Django."""

from .accumulator import ChunkAccumulator
from .chunks import ChatCompletionChunk, Choice, CustomDelta, Delta, FunctionDelta, ToolCallDelta
from .content import ContentPart
from .error_reading import bad_response, read_error, read_error_value
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
from .messages import Message
from .model_list import ModelInfo, ModelList, read_model, read_model_list
from .offered_tools import Tool
from .outcome import ChoiceOutcome, Outcome, Part
from .reply import Item, ReplyDecoder
from .requests import ChatCompletionRequest, parse_request, read_request
from .responses import ChatCompletion, completion_of, usage_json
from .sse import DONE_EVENT, ServerSentEvent, SSEDecoder, encode_event
from .text_repair import clean_text, clean_value
from .tools import ToolCall, arguments_are_complete
from .usage import Usage, read_usage

__all__ = [
    "DONE_EVENT",
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionRequest",
    "Choice",
    "ChoiceFinished",
    "ChoiceOutcome",
    "ChunkAccumulator",
    "ContentPart",
    "CustomDelta",
    "Delta",
    "EndpointError",
    "ErrorKind",
    "FunctionDelta",
    "InvalidRequest",
    "Item",
    "Message",
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
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "arguments_are_complete",
    "bad_response",
    "clean_text",
    "clean_value",
    "completion_of",
    "encode_event",
    "history_message",
    "mask_keys",
    "parse_request",
    "read_error",
    "read_error_value",
    "read_model",
    "read_model_list",
    "read_request",
    "read_usage",
    "usage_json",
]
