"""Dialling out on a user's behalf: one policy on addresses, a transport that keeps to it, downloads. No Django."""

from .address import BadAddress
from .download import Downloaded, DownloadFailed, Reason, download
from .policy import AddressRefused, NetworkPolicy
from .transport import PolicyTransport

__all__ = [
    "AddressRefused",
    "BadAddress",
    "DownloadFailed",
    "Downloaded",
    "NetworkPolicy",
    "PolicyTransport",
    "Reason",
    "download",
]
