"""An endpoint that says what the test tells it to, when the test tells it to: an answer can wait half-said for ever."""

import json
import queue
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 60
CHUNK: dict[str, Any] = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1700000000}


class Script:
    """What one model says, to whoever asks it next; `asked` is set when a request for a stream has come, `request`.

    It refuses a request that has the member `refuses`.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.request: dict[str, Any] = {}
        self.refuses = ""
        self._items: queue.Queue[bytes | None] = queue.Queue()

    def say(self, text: str) -> None:
        self.delta(content=text)

    def think(self, text: str) -> None:
        self.delta(reasoning_content=text)

    def delta(self, **delta: Any) -> None:
        self._choice({"index": 0, "delta": delta, "finish_reason": None})

    def finish(self, reason: str = "stop") -> None:
        self._choice({"index": 0, "delta": {}, "finish_reason": reason})
        self._items.put(b"data: [DONE]\n\n")
        self._items.put(None)

    def items(self) -> Iterator[bytes]:
        while (item := self._items.get(timeout=PATIENCE_SECONDS)) is not None:
            yield item

    def _choice(self, choice: dict[str, Any]) -> None:
        self._items.put(b"data: " + json.dumps({**CHUNK, "choices": [choice]}).encode() + b"\n\n")


class ScriptedEndpoint:
    """`url` ends in /v1. A model is known by having been asked for with `script`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.scripts: defaultdict[str, Script] = defaultdict(Script)

    def script(self, model: str) -> Script:
        """A new script for this model."""
        self.scripts[model] = Script()
        return self.scripts[model]


class Handler(BaseHTTPRequestHandler):
    endpoint: ScriptedEndpoint

    def do_GET(self) -> None:
        self._send_json({"object": "list", "data": [{"id": "scripted-model", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not body.get("stream"):
            message = {"role": "assistant", "content": ""}
            self._send_json({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
            return
        script = self.endpoint.scripts[body["model"]]
        script.request = body
        if script.refuses in body:
            message = f"Unrecognized request argument supplied: {script.refuses}"
            self._send_json({"error": {"message": message, "type": "invalid_request_error"}}, status=400)
            return
        script.asked.set()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for item in script.items():
                self.wfile.write(item)
        except (ConnectionError, queue.Empty):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def _send_json(self, content: dict[str, Any], status: int = 200) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running_scripted_endpoint() -> Iterator[ScriptedEndpoint]:
    handler = type("BoundHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.endpoint = ScriptedEndpoint(f"http://127.0.0.1:{server.server_port}/v1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler.endpoint
    server.shutdown()
    server.server_close()
