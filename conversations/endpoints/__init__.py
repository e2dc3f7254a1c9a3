"""Talking to Chat Completions endpoints: client, pool, retries, discovery and the built-in demo. No Django."""

from .check import EndpointReport, check_endpoint, model_to_test
from .client import EndpointClient
from .config import CHAT_PATH, EndpointConfig
from .demo import DEMO_BASE_URL, DemoTransport
from .discovery import LOCAL_CANDIDATES, DiscoveredServer, LocalCandidate, find_local_servers
from .masking import mask_for
from .pool import EndpointPool
from .probe import Finding, OnFinding, probe_model
from .retry import RetryWait
from .stream import CompletionStream

__all__ = [
    "CHAT_PATH",
    "DEMO_BASE_URL",
    "LOCAL_CANDIDATES",
    "CompletionStream",
    "DemoTransport",
    "DiscoveredServer",
    "EndpointClient",
    "EndpointConfig",
    "EndpointPool",
    "EndpointReport",
    "Finding",
    "LocalCandidate",
    "OnFinding",
    "RetryWait",
    "check_endpoint",
    "find_local_servers",
    "mask_for",
    "model_to_test",
    "probe_model",
]
