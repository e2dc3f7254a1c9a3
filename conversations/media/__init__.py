"""What an uploaded file is, and what can be made of it.

Invariant: pure, and safe to import in the server: no parser of other packages is imported before it is needed, and
then only in the child process that inspect_isolated() and render_page_isolated() start.
"""

from .inspecting import inspect_file
from .inspection import Inspection, Kind, Limits, Made
from .isolation import inspect_isolated, render_page_isolated
from .names import safe_name
from .pcm import peaks_of_pcm16, wav_header
from .refusals import FileRefused, Refusal

__all__ = [
    "FileRefused",
    "Inspection",
    "Kind",
    "Limits",
    "Made",
    "Refusal",
    "inspect_file",
    "inspect_isolated",
    "peaks_of_pcm16",
    "render_page_isolated",
    "safe_name",
    "wav_header",
]
