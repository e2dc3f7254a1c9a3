#!/usr/bin/env python3
"""Replay server for OpenAI-compatible chat completions. Python standard library only.

  python tests/fakes/replay.py [--root FOLDER …] --port 9009   (port 0: any; it prints its address)

POST …/chat/completions   replays the transcript named by the request's "model" (full id, or a unique
                          beginning such as "017"). Options follow the name after ';' (or '?' and '&'),
                          in the URL's query, or in the header X-Replay; the model name wins.
GET  …/models             lists the transcripts (?shape=openai|newapi|llamacpp|ollama|openrouter|gemini|
                          vllm|array|models|null|error|html|empty: the list as that server would give it)
GET  …/models/<id>        one model
GET  /_log[?model=x]      the last requests as received (Authorization never stored, only its length)
GET  /_stats              {"active","peak","total","disconnected","finished"}
POST /_reset              clears log and counters
GET  /health

Options
  chunk=event|line|all|N|utf8|rand[:seed[:max]]   how the body is cut (N = bytes; utf8 = inside every
                          multi-byte character; default: event for .sse, all otherwise)
  delay=MS                pause after each chunk            first=MS   pause before the status line
  ttfb=MS                 pause between headers and body    jitter=MS  random extra 0..MS per chunk
  cut=N | cut=P%          stop after N bytes / P percent of the body …
  cutmode=fin|rst|clean   … with FIN and no chunked terminator (default), a TCP reset, or a proper end
  hang=1                  send everything, then stay silent and open       ping=MS  (with ': PING' lines)
  end=clean|abort|hang    overrides the transcript's own ending
  ct=TYPE  status=N  retry_after=S  hdr=Name:Value (may repeat)
  te=chunked|close|length transfer framing                  gzip=1   compressed, flushed per chunk
  loop=N                  content events repeated N times (long streams)
  fail=N[:STATUS]         the first N requests with this exact model string fail (default 503), then it works
  auth=KEY                this model needs "Authorization: Bearer KEY"
  (--key KEY makes every route need it)

Live models (no transcript): live-echo (streams back the last user text), live-dump (the whole request
as JSON text), live-tools (calls every offered function once, then answers with the tool results),
live-count (counts for ever, delay=MS, max=N), live-title (short fixed text). Both stream and non-stream.
"""

import argparse
import asyncio
import contextlib
import json
import random
import re
import socket
import struct
import sys
import time
import urllib.parse
import zlib
from collections import deque
from pathlib import Path

REASON = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    520: "Unknown",
    524: "A Timeout Occurred",
}
MAX_BODY = 256 << 20
STATS = {"active": 0, "peak": 0, "total": 0, "disconnected": 0, "finished": 0, "connections": 0}
LOG = deque(maxlen=2000)
FAILS = {}
MODELS = {}
ARGS = None


class Gone(Exception):
    pass


def load(roots):
    for sidecar in sorted(path for root in roots for path in Path(root).rglob("*.json")):
        if sidecar.name.endswith(".body.json"):
            continue
        try:
            side = json.loads(sidecar.read_text(encoding="utf-8"))
            MODELS[side["id"]] = (side, (sidecar.parent / side["response"]["body"]).read_bytes())
        except (KeyError, OSError, ValueError, TypeError) as e:
            print("skipped", sidecar.name, e, file=sys.stderr)


def find(name):
    if name in MODELS:
        return name
    hits = [m for m in MODELS if m.startswith(name)] if name else []
    return hits[0] if len(hits) == 1 else None


def parse_opts(model, query, header):
    o = {}
    for src in (query, header):
        for k, v in urllib.parse.parse_qsl((src or "").replace(";", "&"), keep_blank_values=True):
            o.setdefault(k, []).append(v)
    name, _, rest = re.sub(r"[?]", ";", model, count=1).partition(";")
    mine = {}
    for k, v in urllib.parse.parse_qsl(rest.replace(";", "&"), keep_blank_values=True):
        mine.setdefault(k, []).append(v)
    o.update(mine)
    return name, {k: (v if k == "hdr" else v[-1]) for k, v in o.items()}


def num(o, k, d=0.0):
    try:
        return float(o.get(k, d))
    except (TypeError, ValueError):
        return d


def cut_body(body, mode):
    if not body:
        return []
    if mode == "all":
        return [body]
    if mode == "line":
        return body.splitlines(keepends=True)
    if mode == "event":
        return [p for p in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)", body) if p]
    if mode == "utf8":
        cuts = [i for i, b in enumerate(body) if b & 0xC0 == 0x80]
        return [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=False) if b > a]
    if mode.startswith("rand"):
        p = mode.split(":")
        rng, mx, out, i = (
            random.Random(int(p[1]) if len(p) > 1 and p[1] else 0),
            int(p[2]) if len(p) > 2 else 40,
            [],
            0,
        )
        while i < len(body):
            n = rng.randint(1, mx)
            out.append(body[i : i + n])
            i += n
        return out
    n = max(1, int(mode))
    return [body[i : i + n] for i in range(0, len(body), n)]


def loop_body(body, n):
    ev = cut_body(body, "event")
    hot = [e for e in ev if b'"content":"' in e and b'"content":""' not in e]
    if not hot:
        return body
    i = ev.index(hot[-1]) + 1
    return b"".join(ev[:i]) + b"".join(hot) * (n - 1) + b"".join(ev[i:])


def oai_error(message, type="invalid_request_error", param=None, code=None):
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


class Conn:
    def __init__(self, r, w):
        self.r, self.w, self.eof, self.last = r, w, asyncio.Event(), False

    async def read_request(self):
        head = b""
        while b"\r\n\r\n" not in head:
            part = await self.r.read(65536)
            if not part:
                return None
            head += part
            if len(head) > 1 << 20 and b"\r\n\r\n" not in head:
                return None
        raw, _, body = head.partition(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        method, target, _ = ([*lines[0].split(" "), "", ""])[:3]
        hs = {}
        for line in lines[1:]:
            k, _, v = line.partition(":")
            hs[k.strip().lower()] = v.strip()
        if hs.get("expect", "").lower() == "100-continue":
            self.w.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in hs.get("transfer-encoding", "").lower():
            body = await self._read_chunked(body)
        else:
            body = await self._read_counted(body, min(int(hs.get("content-length") or 0), MAX_BODY))
        return method, target, hs, body

    async def _read_counted(self, start, n):
        parts, got = [start], len(start)
        while got < n:
            p = await self._more()
            parts.append(p)
            got += len(p)
        return b"".join(parts)[:n]

    async def _read_chunked(self, buf):
        out = b""
        while True:
            while b"\r\n" not in buf:
                buf += await self._more()
            size, _, buf = buf.partition(b"\r\n")
            n = int(size.split(b";")[0], 16)
            while len(buf) < n + 2:
                buf += await self._more()
            out, buf = out + buf[:n], buf[n + 2 :]
            if not n:
                return out

    async def _more(self):
        p = await self.r.read(1 << 18)
        if not p:
            raise Gone()
        return p

    async def watch(self):
        """Sets eof when the client closes while we are answering."""
        try:
            while await self.r.read(65536):
                pass
        except (ConnectionError, OSError):
            pass
        self.eof.set()

    async def sleep(self, s):
        if s > 0:
            try:
                await asyncio.wait_for(self.eof.wait(), s)
            except TimeoutError:
                return
        if self.eof.is_set():
            raise Gone()

    async def send(self, data):
        if self.eof.is_set() or self.w.is_closing():
            raise Gone()
        self.w.write(data)
        await self.w.drain()

    def head(self, status, headers):
        h = f"HTTP/1.1 {status} {REASON.get(status, 'Status')}\r\n"
        self.w.write((h + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n").encode("latin-1", "replace"))

    async def plain(self, status, obj, headers=(), keep=True):
        data = obj if isinstance(obj, bytes) else json.dumps(obj, ensure_ascii=False).encode()
        hs = {
            "content-type": "application/json",
            "content-length": str(len(data)),
            "connection": "keep-alive" if keep and not self.last else "close",
            "x-request-id": req_id(),
        }
        hs.update({k.lower(): v for k, v in headers})
        self.head(status, hs.items())
        await self.send(data)


def req_id():
    return f"req_{random.getrandbits(128):032x}"


class Body:
    """Sends one body, framed and compressed as the options say."""

    def __init__(self, c, o):
        self.c, self.te, self.sent = c, o.get("te", "chunked"), 0
        self.gz = zlib.compressobj(6, zlib.DEFLATED, 31) if o.get("gzip") else None

    async def put(self, data):
        if self.gz:
            data = self.gz.compress(data) + self.gz.flush(zlib.Z_SYNC_FLUSH)
        await self.c.send(b"%x\r\n%s\r\n" % (len(data), data) if self.te == "chunked" else data)

    async def end(self, ending):
        if ending == "rst":
            s = self.c.w.get_extra_info("socket")
            if s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.sleep(0.02)
            self.c.w.transport.abort()
        elif ending == "clean" and self.te == "chunked":
            tail = self.gz.flush() if self.gz else b""
            await self.c.send((b"%x\r\n%s\r\n" % (len(tail), tail) if tail else b"") + b"0\r\n\r\n")

    async def hang(self, o):
        ping, stop = num(o, "ping") / 1000, time.time() + num(o, "hangmax", 600)
        while time.time() < stop:
            await self.c.sleep(ping or 5)
            if ping:
                await self.put(b": PING\n\n")


async def each_of(chunks):
    if hasattr(chunks, "__aiter__"):
        async for x in chunks:
            yield x
    else:
        for x in chunks:
            yield x


def byte_limit(o, total):
    if not o.get("cut"):
        return None
    return int(total * float(o["cut"][:-1]) / 100) if o["cut"].endswith("%") else int(o["cut"])


async def send_head(c, o, status, headers, body, chunks):
    """Send the head; returns the chunks, which Content-Length makes one."""
    hs = list(headers.items())
    if body.gz:
        hs.append(("content-encoding", "gzip"))
    if body.te == "length":
        chunks = list(chunks)
        if body.gz:
            chunks = [body.gz.compress(b"".join(chunks)) + body.gz.flush()]
            body.gz = None
        hs.append(("content-length", str(sum(map(len, chunks)))))
    elif body.te == "chunked":
        hs.append(("transfer-encoding", "chunked"))
    hs += [("cache-control", "no-cache"), ("connection", "close"), ("x-request-id", req_id())]
    await c.sleep(num(o, "first") / 1000)
    c.head(status, hs)
    await c.w.drain()
    await c.sleep(num(o, "ttfb") / 1000)
    return chunks


async def stream(c, o, status, headers, chunks, ending, entry):
    """chunks: a list or async iterable of bytes."""
    body = Body(c, o)
    chunks = await send_head(c, o, status, headers, body, chunks)
    total = sum(map(len, chunks)) if isinstance(chunks, list) else None
    limit = byte_limit(o, total or 0)
    delay, jitter = num(o, "delay") / 1000, num(o, "jitter") / 1000
    async for chunk in each_of(chunks):
        part = chunk if limit is None else chunk[: max(0, limit - body.sent)]
        if part:
            await body.put(part)
            body.sent += len(part)
            entry["bytes"] = body.sent
            entry["all_sent"] = b"[DONE]" in part or (total is not None and body.sent >= total)
        if limit is not None and body.sent >= limit:
            ending = {"fin": "abort", "rst": "rst", "clean": "clean"}.get(o.get("cutmode", "fin"), "abort")
            break
        if delay or jitter:
            await c.sleep(delay + (random.random() * jitter if jitter else 0))
    if ending == "hang":
        await body.hang(o)
    await body.end(ending)


# ------------------------------------------------------------------ live models
def text_of(content):
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            p.get("text", "") if p.get("type") == "text" else "[{}]".format(p.get("type"))
            for p in content
            if isinstance(p, dict)
        )
    return ""


def live_parts(name, body, o):
    """-> (list of text pieces or None for endless, tool_calls, finish_reason)"""
    ms = [m for m in body.get("messages") or [] if isinstance(m, dict)]
    if name == "live-echo":
        last = next((text_of(m.get("content")) for m in reversed(ms) if m.get("role") == "user"), "")
        return re.findall(r"\s*\S+", last) or [""], [], "stop"
    if name == "live-dump":
        s = json.dumps(body, ensure_ascii=False, indent=1)
        return [s[i : i + 64] for i in range(0, len(s), 64)], [], "stop"
    if name == "live-tools":
        tail = []
        for m in reversed(ms):
            if m.get("role") != "tool":
                break
            tail.insert(0, "{}={}".format(m.get("tool_call_id"), text_of(m.get("content"))))
        if tail:
            return ["Results: "] + [t + "; " for t in tail], [], "stop"
        fs = [t["function"]["name"] for t in body.get("tools") or [] if t.get("type") == "function"]
        if fs:
            calls = [
                (f"call_{i}_{random.getrandbits(16):04x}", f, json.dumps({"q": i})) for i, f in enumerate(fs)
            ]
            return [], calls, "tool_calls"
        return ["No tools were offered."], [], "stop"
    if name == "live-title":
        return ["A short", " title"], [], "stop"
    return None, [], None


LIVE = ("live-echo", "live-dump", "live-tools", "live-count", "live-title")


def live_message(pieces, calls):
    m = {"role": "assistant", "content": "".join(pieces) if pieces else None, "refusal": None}
    if calls:
        m["tool_calls"] = [
            {"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls
        ]
    return m


async def live_deltas(pieces, calls, o):
    yield {"role": "assistant", "content": None if calls else ""}
    if pieces is None:
        for i in range(int(num(o, "max", 1 << 30))):
            yield {"content": f"{i} "}
            await asyncio.sleep(0)
    for p in pieces or []:
        yield {"content": p}
    for k, (i, n, a) in enumerate(calls):
        start = {"index": k, "id": i, "type": "function", "function": {"name": n, "arguments": ""}}
        yield {"tool_calls": [start]}
        yield {"tool_calls": [{"index": k, "function": {"arguments": a[:3]}}]}
        yield {"tool_calls": [{"index": k, "function": {"arguments": a[3:]}}]}


async def live_events(deltas, base, finish_reason, usage):
    """usage: the usage of the last chunk, None when the client did not ask for it."""

    def event(choices, now):
        d = dict(base, choices=choices)
        if usage:
            d["usage"] = now
        return b"data: " + json.dumps(d, ensure_ascii=False).encode() + b"\n\n"

    async for delta in deltas:
        yield event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}], None)
    yield event([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": finish_reason}], None)
    if usage:
        yield event([], usage)
    yield b"data: [DONE]\n\n"


async def live(c, name, body, o, entry):
    pieces, calls, fr = live_parts(name, body, o)
    base = {
        "id": f"chatcmpl-{random.getrandbits(96):024x}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body["model"],
    }
    ms = [m for m in body.get("messages") or [] if isinstance(m, dict)]
    pt = sum(len(text_of(m.get("content"))) // 4 + 4 for m in ms)
    ct = len(pieces or []) + sum(len(a) for _, _, a in calls)
    use = {"prompt_tokens": pt, "completion_tokens": ct, "total_tokens": pt + ct}
    if not body.get("stream"):
        if pieces is None:
            pieces, fr = [f"{i} " for i in range(int(num(o, "max", 10)))], "length"
        choice = {"index": 0, "message": live_message(pieces, calls), "logprobs": None, "finish_reason": fr}
        whole = {**base, "object": "chat.completion", "choices": [choice], "usage": use}
        await c.plain(200, whole, keep=False)
        return
    wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    events = live_events(live_deltas(pieces, calls, o), base, fr or "length", use if wants_usage else None)
    ending = o.get("end", "hang" if o.get("hang") else "clean")
    await stream(c, o, 200, {"content-type": o.get("ct", "text/event-stream")}, events, ending, entry)


# ------------------------------------------------------------------ routes
CREATED = 1700000000


def openrouter_model(i):
    return {
        "id": "vendor/" + i,
        "name": "Vendor: " + i,
        "created": CREATED,
        "description": "",
        "context_length": 131072,
        "architecture": {
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
        },
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        "supported_parameters": ["tools", "reasoning", "max_tokens"],
    }


def vllm_model(m):
    permission = {
        "id": "modelperm-1",
        "object": "model_permission",
        "created": CREATED,
        "organization": "*",
        "is_blocking": False,
    }
    return dict(m, owned_by="vllm", root=m["id"], parent=None, max_model_len=32768, permission=[permission])


def newapi_model(m):
    return dict(m, created=1626777600, owned_by="custom", supported_endpoint_types=["openai"])


def llamacpp_list(ids, oa):
    meta = {"n_ctx_train": 32768, "n_params": 268098176}
    return {
        "models": [{"name": i, "model": i, "type": "model", "capabilities": ["completion"]} for i in ids],
        "object": "list",
        "data": [dict(m, owned_by="llamacpp", meta=meta) for m in oa],
    }


def gemini_list(ids):
    return [{"id": "models/" + i, "object": "model", "owned_by": "google"} for i in ids]


def listed(data):
    return {"object": "list", "data": data}


# shape -> the body of the answer, from the ids and the list in OpenAI's shape
SHAPES = {
    "openai": lambda ids, oa: listed(oa),
    "newapi": lambda ids, oa: {"success": True, **listed([newapi_model(m) for m in oa])},
    "llamacpp": llamacpp_list,
    "ollama": lambda ids, oa: listed([dict(m, owned_by="library") for m in oa]),
    "openrouter": lambda ids, oa: {"data": [openrouter_model(i) for i in ids]},
    "gemini": lambda ids, oa: listed(gemini_list(ids)),
    "vllm": lambda ids, oa: listed([vllm_model(m) for m in oa]),
    "array": lambda ids, oa: oa,
    "models": lambda ids, oa: {"models": [{"name": i, "model": i, "details": {}} for i in ids]},
    "null": lambda ids, oa: listed(None),
    "empty": lambda ids, oa: listed([]),
    "error": lambda ids, oa: {"success": False, "message": "get user group failed"},
    "html": lambda ids, oa: b"<!DOCTYPE html><html><body>Sign in</body></html>",
}


def model_list(shape):
    ids = list(MODELS) + list(LIVE)
    oa = [{"id": i, "object": "model", "created": CREATED, "owned_by": "replay"} for i in ids]
    return SHAPES.get(shape, SHAPES["openai"])(ids, oa)


class Refused(Exception):
    """The request gets an error: status, body, headers."""

    def __init__(self, status, body, headers=()):
        self.status, self.body, self.headers = status, body, headers


def read_chat(raw):
    try:
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise ValueError("not an object")
    except ValueError as e:
        message = f"We could not parse the JSON body of your request: {e}"
        raise Refused(400, oai_error(message)) from None
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused(400, oai_error("you must provide a model parameter"))
    return body


def inject_failure(model, o):
    n, _, st = o["fail"].partition(":")
    k = FAILS[model] = FAILS.get(model, 0) + 1
    if k <= int(n):
        headers = [("retry-after", o["retry_after"])] if o.get("retry_after") else []
        body = oai_error(f"Injected failure {k} of {n}", "server_error", None, "injected")
        raise Refused(int(st or 503), body, headers)


def transcript_headers(r, o):
    headers = {k.lower(): v for k, v in (r.get("headers") or {}).items()}
    if o.get("ct") is not None:
        headers["content-type"] = o["ct"]
    if o.get("retry_after"):
        headers["retry-after"] = o["retry_after"]
    for h in o.get("hdr", []):
        k, _, v = h.partition(":")
        headers[k.strip().lower()] = v.strip()
    return headers


async def chat(c, query, hs, raw, entry):
    body = read_chat(raw)
    model = body["model"]
    entry["body"] = body if len(raw) < 200000 else {"model": model, "_truncated": len(raw)}
    name, o = parse_opts(model, query, hs.get("x-replay"))
    entry.update(model=model, options=o)
    if o.get("auth") and hs.get("authorization") != "Bearer " + o["auth"]:
        raise Refused(401, oai_error("Incorrect API key provided.", code="invalid_api_key"))
    if o.get("fail"):
        inject_failure(model, o)
    if name in LIVE:
        await live(c, name, body, o, entry)
        return
    mid = find(name)
    if not mid:
        message = f"The model `{name[:200]}` does not exist or you do not have access to it."
        raise Refused(404, oai_error(message, param="model", code="model_not_found"))
    side, data = MODELS[mid]
    r = side["response"]
    if o.get("loop"):
        data = loop_body(data, int(o["loop"]))
    chunks = cut_body(data, o.get("chunk", "event" if r["body"].endswith(".sse") else "all"))
    ending = o.get("end", "hang" if o.get("hang") else r.get("end", "clean"))
    status = int(num(o, "status", r.get("status", 200)))
    await stream(c, o, status, transcript_headers(r, o), chunks, ending, entry)


def reset():
    LOG.clear()
    FAILS.clear()
    STATS.update(peak=STATS["active"], total=0, disconnected=0, finished=0)
    return {"ok": True}


OWN_PAGES = {
    "/health": lambda q: {"status": "ok", "models": len(MODELS)},
    "/_stats": lambda q: STATS,
    "/_log": lambda q: [e for e in LOG if q.get("model", "") in str(e.get("model", ""))],
    "/_reset": lambda q: reset(),
}


def check_key(hs):
    if ARGS.key and hs.get("authorization") != "Bearer " + ARGS.key:
        if hs.get("authorization"):
            raise Refused(401, oai_error("Incorrect API key provided.", code="invalid_api_key"))
        raise Refused(401, oai_error("You didn't provide an API key."))


async def models(c, path, q):
    if path.rstrip("/").endswith("/models"):
        obj = model_list(q.get("shape", ARGS.models_shape))
        await c.plain(200, obj, [("content-type", "text/html")] if isinstance(obj, bytes) else ())
        return
    name = urllib.parse.unquote(re.search(r"/models/(.+)$", path)[1])
    known = find(name) or (name if name in LIVE else None)
    if not known:
        message = f"The model '{name}' does not exist"
        raise Refused(404, oai_error(message, param="model", code="model_not_found"))
    await c.plain(200, {"id": known, "object": "model", "created": CREATED, "owned_by": "replay"})


async def serve_one(c, method, target, hs, raw):
    """-> True if the connection may be kept."""
    path, _, query = target.partition("?")
    q = {k: v[-1] for k, v in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
    try:
        if path in OWN_PAGES:
            await c.plain(200, OWN_PAGES[path](q))
            return True
        check_key(hs)
        if method == "GET" and re.search(r"/models(/|$)", path):
            await models(c, path, q)
            return True
        if not path.rstrip("/").endswith("/chat/completions"):
            raise Refused(404, oai_error(f"Invalid URL ({method} {path})"))
        if method != "POST":
            raise Refused(405, oai_error(f"Not allowed to {method} on {path}."), [("allow", "POST")])
    except Refused as e:
        await c.plain(e.status, e.body, e.headers)
        return True
    await serve_chat(c, target, query, hs, raw)
    return False


SECRET_HEADERS = ("authorization", "cookie", "x-api-key", "api-key")


async def serve_chat(c, target, query, hs, raw):
    shown = {k: f"present({len(v)})" if k in SECRET_HEADERS else v for k, v in hs.items()}
    entry = {"t": time.time(), "path": target, "bytes": 0, "outcome": "open", "headers": shown}
    LOG.append(entry)
    STATS["active"] += 1
    STATS["total"] += 1
    STATS["peak"] = max(STATS["peak"], STATS["active"])
    c.last = True
    watcher = asyncio.ensure_future(c.watch())
    try:
        try:
            await chat(c, query, hs, raw, entry)
        except Refused as e:
            await c.plain(e.status, e.body, e.headers, keep=False)
        entry["outcome"] = "finished"
        STATS["finished"] += 1
    except (Gone, ConnectionError, OSError):
        early = not entry.pop("all_sent", False)  # a client may close as soon as it has read [DONE]
        entry["outcome"] = "client_disconnected" if early else "finished"
        STATS["disconnected" if early else "finished"] += 1
    finally:
        STATS["active"] -= 1
        entry["seconds"] = round(time.time() - entry["t"], 3)
        watcher.cancel()


async def handle(r, w):
    STATS["connections"] += 1
    c = Conn(r, w)
    try:
        while True:
            req = await c.read_request()
            if not req:
                break
            if not await serve_one(c, *req):
                break
    except (Gone, ConnectionError, OSError, ValueError, asyncio.IncompleteReadError):
        pass
    finally:
        with contextlib.suppress(Exception):
            w.close()


async def main():
    srv = await asyncio.start_server(handle, ARGS.host, ARGS.port, backlog=2048, limit=1 << 20)
    port = srv.sockets[0].getsockname()[1]
    print(f"replay: {len(MODELS)} transcripts on http://{ARGS.host}:{port}/v1", flush=True)
    async with srv:
        await srv.serve_forever()


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument(
        "--root",
        action="append",
        help="folder(s) of transcripts (default: those of the conformance tests)",
    )
    ap.add_argument("--host", default="127.0.0.1")
    ap.add_argument("--port", type=int, default=9009)
    ap.add_argument("--key", help="require this bearer key")
    ap.add_argument("--models-shape", default="openai")
    ARGS = ap.parse_args()
    load(ARGS.root or [Path(__file__).parent.parent / "conformance" / "transcripts"])
    try:
        import resource

        s, h = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(h, 65536) if h > 0 else 65536, h))
    except Exception:
        pass
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
