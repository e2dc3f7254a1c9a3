"""A small, fast Chat Completions server for benchmarks and faults.

    python tests/benchmarks/fast_endpoint.py --port 9100      then OPENAI_BASE_URL=http://127.0.0.1:9100/v1

Model names say what to stream, as shape-tokens: prose-1000, code-16000, table-16000, list-500, math-500,
mixed-4000; options follow after ";":

    rate=40      tokens per second (0, the default: as fast as the reader takes them)
    ttft=0.5     seconds before the first token
    stamp=1      the emission time also in the text, as [nanoseconds]
    plain=1      no "x_sent_ns" member: chunks hold only what the protocol names, as most endpoints send them
    cut=100      break the connection after so many tokens
    hang=100     fall silent after so many tokens, connection open
    status=503   refuse with this status
    reasoning=50 the first 50 tokens are reasoning

Each chunk carries "x_sent_ns", the monotonic clock (time.monotonic_ns) when it was written; it is comparable
between processes of one machine. GET /stats: {"active", "peak", "started", "finished", "disconnected", "tokens",
"received", "last_sent_ns"}, the last two being the bytes of all requests' bodies, and when a stream's last token was
written.

Invariant: everything but the time stamps is computed before a stream begins, so that 200 streams of 40
tokens per second cost a small fraction of one core.
"""

import argparse
import asyncio
import contextlib
import functools
import itertools
import json
import re
import time
from collections.abc import Iterator

try:
    import uvloop
except ImportError:  # not on every platform
    uvloop = None

NUMBER_WIDTH = 20
BATCH = 32
NAME = re.compile(r"(?P<shape>[a-z]+)-(?P<tokens>\d+)")
SENTENCE = (
    "the answer grows by one word at a time and every word is sent as soon as it is known so that a reader "
    "can follow along while the rest of the text is still being written somewhere else on a larger machine"
)
WORDS = SENTENCE.split()
CODE_LINE = "    total_{n} = compute(values[{n}], scale=0.5) + offset  # step {n}\n"
FORMULAS = ("$a_{n} = \\frac{1}{n}$, ", "$$\\sum_{k=0}^{n} k^2$$\n\n")
LIVE = {
    **dict.fromkeys(("active", "peak", "started", "finished", "disconnected", "tokens", "received"), 0),
    "last_sent_ns": 0,
}


def prose() -> Iterator[str]:
    for number in itertools.count(1):
        end = ".\n\n" if number % 120 == 0 else "." if number % 17 == 0 else ""
        yield f"{WORDS[number % len(WORDS)]}{end}" + ("" if end.endswith("\n") else " ")


def code() -> Iterator[str]:
    yield "```python\n"
    for number in itertools.count(1):
        yield from re.findall(r"\s*\S{1,6}|\s+", CODE_LINE.format(n=number))


def table() -> Iterator[str]:
    yield "| Number | Square | Word |\n"
    yield "|---:|---:|:---|\n"
    for number in itertools.count(1):
        yield from (f"| {number} ", f"| {number * number} ", f"| {WORDS[number % len(WORDS)]} |\n")


def items() -> Iterator[str]:
    for number in itertools.count(1):
        yield from ("- " if number % 3 else "  - ", *(f"{word} " for word in WORDS[number % 20 :][:5]), "\n")


def math() -> Iterator[str]:
    for number in itertools.count(1):
        yield from re.findall(r"\s*\S{1,4}|\s+", FORMULAS[number % 7 == 0].replace("n", str(number), 1))


def mixed() -> Iterator[str]:
    for number in itertools.count(1):
        yield f"\n\n## Part {number}\n\n"
        yield from itertools.islice(prose(), 150)
        yield "\n\n"
        yield from itertools.islice(items(), 60)
        yield "\n\n"
        yield from itertools.islice(code(), 90)
        yield "\n```\n\n"
        yield from itertools.islice(table(), 62)


SHAPES = {"prose": prose, "code": code, "table": table, "list": items, "math": math, "mixed": mixed}


@functools.lru_cache(maxsize=64)
def frames(shape: str, tokens: int, stamp: bool, plain: bool, reasoning: int) -> list[bytes]:
    """For each token its event, framed as an HTTP chunk, with NUL where the time stamps belong."""
    made = []
    for number, text in enumerate(itertools.islice(SHAPES[shape](), tokens)):
        member = "reasoning_content" if number < reasoning else "content"
        stamped = text + ("[@]" if stamp else "")
        chunk = {
            "id": "chatcmpl-fast",
            "object": "chat.completion.chunk",
            "created": 1735689600,
            "model": f"{shape}-{tokens}",
            "choices": [{"index": 0, "delta": {member: stamped}, "finish_reason": None}],
        }
        if not plain:
            chunk["x_sent_ns"] = "@"
        data = json.dumps(chunk, separators=(",", ":")).replace('"@"', "@")
        size = len(data) + (NUMBER_WIDTH - 1) * data.count("@") + len("data: \n\n")
        made.append(b"%x\r\ndata: %s\n\n\r\n" % (size, data.replace("@", "\0").encode()))
    return made


def framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(choices: list[dict[str, object]], **more: object) -> bytes:
    base = {"id": "chatcmpl-fast", "object": "chat.completion.chunk", "created": 1735689600, "model": "fast"}
    return framed(b"data: " + json.dumps({**base, "choices": choices, **more}).encode() + b"\n\n")


class Job:
    """One stream: which tokens, how fast, and what goes wrong when."""

    def __init__(self, body: dict[str, object]) -> None:
        name, _, rest = str(body.get("model", "")).partition(";")
        options = dict(option.partition("=")[::2] for option in rest.split(";") if option)
        found = NAME.fullmatch(name)
        if not found or found["shape"] not in SHAPES:
            raise ValueError(f"no such model: {name}")
        number = {key: float(value) for key, value in options.items()}
        self.tokens = int(found["tokens"])
        self.rate = number.get("rate", 0.0)
        self.first = number.get("ttft", 0.0)
        self.cut = int(number.get("cut", self.tokens + 1))
        self.hang = int(number.get("hang", self.tokens + 1))
        self.status = int(number.get("status", 200))
        self.stream = bool(body.get("stream"))
        self.include_usage = bool((body.get("stream_options") or {}).get("include_usage"))  # type: ignore[attr-defined]
        self.frames = frames(
            found["shape"],
            self.tokens,
            bool(number.get("stamp")),
            bool(number.get("plain")),
            int(number.get("reasoning", 0)),
        )
        self.shape = found["shape"]

    @property
    def text(self) -> str:
        return "".join(itertools.islice(SHAPES[self.shape](), self.tokens))

    @property
    def usage(self) -> dict[str, int]:
        return {"prompt_tokens": 1, "completion_tokens": self.tokens, "total_tokens": self.tokens + 1}


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection; one request at a time."""

    def __init__(self) -> None:
        self.buffer = b""
        self.transport: asyncio.Transport | None = None
        self.job: Job | None = None
        self.position = 0
        self.due = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        if self.job is not None:
            self._end("disconnected")

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        if self.job is not None:
            self._write()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.job is None and b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            self.buffer = rest[size:]
            LIVE["received"] += size
            self._answer(head.split(b"\r\n")[0].decode("latin-1"), rest[:size])

    def _answer(self, line: str, body: bytes) -> None:
        path = line.split(" ")[1].partition("?")[0].rstrip("/")
        if path == "/stats":
            return self._json(200, LIVE)
        if path.endswith("/models"):
            models = [f"{shape}-{tokens}" for shape in SHAPES for tokens in (500, 1000, 4000, 16000)]
            entries = [{"id": name, "object": "model", "created": 0, "owned_by": "fast"} for name in models]
            return self._json(200, {"object": "list", "data": entries})
        if not path.endswith("/chat/completions"):
            return self._error(404, "Invalid URL")
        try:
            job = Job(json.loads(body))
        except ValueError as error:
            return self._error(404 if "no such model" in str(error) else 400, str(error))
        if job.status != 200:
            return self._error(job.status, "Refused on request.")
        return self._stream(job) if job.stream else self._whole(job)

    def _whole(self, job: Job) -> None:
        message = {"role": "assistant", "content": job.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        base = {"id": "chatcmpl-fast", "object": "chat.completion", "created": 1735689600, "model": "fast"}
        self._json(200, {**base, "choices": [choice], "usage": job.usage})

    def _stream(self, job: Job) -> None:
        assert self.transport is not None
        LIVE["active"] += 1
        LIVE["started"] += 1
        LIVE["peak"] = max(LIVE["peak"], LIVE["active"])
        self.job, self.position = job, 0
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        role = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
        loop = asyncio.get_running_loop()
        if not job.first:
            self.transport.write(event([role]))
        self.due = loop.time() + job.first
        self.timer = loop.call_at(self.due, self._write)

    def _write(self) -> None:
        """Write what is due, then sleep until the next token; a slow reader is waited for."""
        job, transport = self.job, self.transport
        if job is None or transport is None or self.paused:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        count = 1 + int((now - self.due) * job.rate) if job.rate else BATCH
        end = min(self.position + count, job.tokens, job.cut, job.hang)
        stamp = str(time.monotonic_ns()).ljust(NUMBER_WIDTH).encode()
        events = b"".join(job.frames[self.position : end]).replace(b"\0", stamp)
        LIVE["tokens"] += end - self.position
        if job.rate:
            self.due += (end - self.position) / job.rate
        self.position = end
        if events:
            transport.write(events)
        if end >= job.cut:
            self._end("finished")
            transport.abort()
        elif end >= job.hang:
            return
        elif end >= job.tokens:
            self._finish(job, transport)
        else:
            self.timer = loop.call_at(self.due if job.rate else now, self._write)

    def _finish(self, job: Job, transport: asyncio.Transport) -> None:
        last = event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        usage = event([], usage=job.usage) if job.include_usage else b""
        self._end("finished")
        LIVE["last_sent_ns"] = time.monotonic_ns()
        transport.write(last + usage + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    def _end(self, how: str) -> None:
        self.job = None
        LIVE["active"] -= 1
        LIVE[how] += 1
        if self.timer is not None:
            self.timer.cancel()

    def _error(self, status: int, message: str) -> None:
        error = {"message": message, "type": "server_error", "param": None, "code": None}
        self._json(status, {"error": error})

    def _json(self, status: int, value: object) -> None:
        assert self.transport is not None
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def serve(host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, host, port, backlog=2048)
    address = server.sockets[0].getsockname()
    print(f"fast endpoint: http://{address[0]}:{address[1]}/v1", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="0 chooses a free one")
    arguments = parser.parse_args()
    factory = uvloop.new_event_loop if uvloop is not None else None
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(arguments.host, arguments.port))


if __name__ == "__main__":
    main()
