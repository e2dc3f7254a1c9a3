"""A page of messages with attachments, with the real style sheets, scripts and dialog, and none of the application.

Invariant: every file it serves is real and made when the server starts; it keeps to the site's own content policy.
"""

import io
import math
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from csp.utils import build_policy
from django.template.loader import render_to_string
from msgspec import structs
from PIL import Image, ImageDraw

from chatsite.bundles import BUNDLE, bundle_text
from conversations import markdown
from conversations.attachment_cards import AttachmentCard
from tests.servers.site import PROJECT_DIR

STATIC = PROJECT_DIR / "static"
PATIENCE_SECONDS = 30
RATE = 8_000
TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}

# What main.js does with them, and what tests ask of them.
ENTRY = """
import "/static/js/elements/sound-player.js";
import { clicked } from "/static/js/lib/lightbox.js";
import { Recorder } from "/static/js/lib/recorder.js";

window.Recorder = Recorder;
window.keys = [];
document.addEventListener("keydown", (event) => window.keys.push(event.key));
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-lightbox]");
  if (!link) return;
  event.preventDefault();
  clicked(link);
});
"""

SOURCE = "\n".join(f"def line_{number}(): pass" for number in range(90))
PEAKS = " ".join(str(round(8 + 92 * abs(math.sin(bar / 3)) * abs(math.cos(bar / 9)))) for bar in range(64))


def card(kind: str, name: str, **values: Any) -> AttachmentCard:
    """An attachment whose address is made of its name up to the dot."""
    url = f"/attachments/{name.partition('.')[0]}/"
    preview_url = f"{url}preview/" if kind in {"document", "text"} else ""
    given = {"alt": "", "thumbnail_url": "", "preview_url": preview_url, "facts": "", **values}
    return AttachmentCard(id=uuid4(), kind=kind, name=name, url=url, **given)


def item(attachment: AttachmentCard) -> str:
    return render_to_string("conversations/attachments/item.html", {"card": attachment})


def picture_item(name: str, alt: str, size: tuple[int, int]) -> str:
    width, height = (round(side * min(1, 480 / max(size))) for side in size)
    sizes = {"width": size[0], "height": size[1], "thumbnail_width": width, "thumbnail_height": height}
    picture = card("image", name, alt=alt, **sizes)
    return item(structs.replace(picture, thumbnail_url=f"{picture.url}thumbnail/"))


def sound_item(name: str, seconds: float | None, peaks: str = "") -> str:
    return item(card("audio", name, seconds=seconds, peaks=peaks))


def preview(name: str) -> str:
    """What the site says of these two files when it is asked for a preview."""
    if name == "report":
        context = {"card": card("document", "report.pdf"), "pages": [1, 2]}
    else:
        context = {"card": card("text", "notes.py"), "html": markdown.render(f"```python\n{SOURCE}\n```\n")}
    return render_to_string("conversations/attachments/preview.html", context)


def message(role: str, text: str, *items: str) -> str:
    answer = " attachments--answer" if role == "assistant" else ""
    files = f'<ul class="attachments{answer}" role="list" aria-label="Attachments">{"".join(items)}</ul>'
    body = f'<div class="message-body"><div class="part part-text part-plain">{text}</div></div>'
    pieces = f"{body}{files}" if answer else f"{files}{body}"
    foot = '<footer class="message-footer"></footer>'
    return f'<article class="message" data-role="{role}" aria-label="{role}">{pieces}{foot}</article>'


CAT = picture_item("cat.png", "A cat on a wall", (1600, 1200))
TALL = picture_item("tall.png", "A tower", (400, 1500))
GLASS = picture_item("glass.png", "A drawing without a ground", (300, 200))
SOUNDS = (sound_item("tone.wav", 12, PEAKS), sound_item("low.wav", 3))
FILES = (
    item(card("document", "report.pdf", facts="PDF · 2 pages · 340 kB", thumbnail_url="/attachments/page/")),
    item(card("text", "notes.py", facts="Python · 90 lines")),
)
MESSAGES = (
    message("user", "What is this?", CAT),
    message("user", "And these three?", TALL, GLASS, picture_item("blue.png", "A blue field", (900, 900))),
    message("user", "Listen, and read.", *SOUNDS, *FILES),
    message(
        "assistant", "Here is a picture of it.", picture_item("made.png", "A painted field", (1024, 1024))
    ),
)


def page(body: str = "".join(MESSAGES)) -> str:
    """A whole page with these messages and the dialog."""
    sprite = render_to_string("components/icon_sprite.html")
    dialog = render_to_string("conversations/partials/_lightbox.html")
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Viewing</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="icon" href="data:,"><link rel="stylesheet" href="/static/{BUNDLE}">
      <script type="module" src="/entry.js"></script></head><body>{sprite}
      <div class="app"><main id="main"><h1 class="visually-hidden">Viewing</h1><div class="conversation">
      <div class="transcript" role="log" aria-label="Conversation" tabindex="0">
      <div id="messages" class="messages">{body}</div></div></div></main></div>{dialog}</body></html>"""


def png(size: tuple[int, int], colour: str, mode: str = "RGB") -> bytes:
    image = Image.new(mode, size, colour if mode == "RGB" else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for ring in range(0, min(size) // 2, max(4, min(size) // 16)):
        box = (ring, ring, size[0] - 1 - ring, size[1] - 1 - ring)
        draw.ellipse(box, outline="#203a30" if ring % 2 else "#e8ede9", width=3)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def wav(seconds: float, pitch: int = 440) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        samples = (
            round(8_000 * math.sin(math.tau * pitch * at / RATE)) for at in range(round(seconds * RATE))
        )
        sound.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return buffer.getvalue()


def make_files() -> dict[str, tuple[str, bytes]]:
    pictures = {
        "cat": png((1600, 1200), "#7fa08f"),
        "tall": png((400, 1500), "#c9a86a"),
        "glass": png((300, 200), "", "RGBA"),
        "blue": png((900, 900), "#5d7fa6"),
        "made": png((1024, 1024), "#a6705d"),
        "page": png((600, 850), "#ffffff"),
    }
    files = {f"/attachments/{key}/": ("image/png", data) for key, data in pictures.items()}
    thumbnails = {f"{path}thumbnail/": file for path, file in files.items()}
    pages = {f"/attachments/report/pages/{number}/": files["/attachments/page/"] for number in (1, 2)}
    sounds = {"/attachments/tone/": ("audio/wav", wav(12)), "/attachments/low/": ("audio/wav", wav(3, 220))}
    plain = {"/attachments/notes/": ("text/plain", b"def line_0(): pass\n")}
    return {**files, **thumbnails, **pages, **sounds, **plain}


@dataclass
class ViewingSite:
    """`pages` are HTML by path. A path in `held` is answered once its event is set. `asked` are all paths asked for."""

    url: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=make_files)
    held: dict[str, threading.Event] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stream_may_end: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        """As it was when it began; whoever still waits is let go."""
        for event in [*self.held.values(), self.stream_may_end]:
            event.set()
        self.held, self.asked, self.stream_may_end = {}, [], threading.Event()
        self.pages = {"/": page()}


class Handler(BaseHTTPRequestHandler):
    site: ViewingSite

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.site.asked.append(path)
        if path in self.site.held:
            self.site.held[path].wait(PATIENCE_SECONDS)
        if path == "/attachments/signed-out/preview/":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
        elif path == "/attachments/live/":
            self.stream()
        elif found := self.find(path):
            self.answer(*found)
        else:
            self.send_error(404)

    def find(self, path: str) -> tuple[str, bytes] | None:
        if path.endswith("/preview/"):
            fragment = preview(path.split("/")[2])
            return "text/html", (fragment if "HX-Request" in self.headers else page(fragment)).encode()
        if path in self.site.pages:
            return "text/html", self.site.pages[path].encode()
        if path == "/entry.js":
            return "text/javascript", ENTRY.encode()
        if path == f"/static/{BUNDLE}":
            return "text/css", bundle_text(STATIC / "css").encode()
        if path.startswith("/static/") and (file := STATIC / path.removeprefix("/static/")).is_file():
            return TYPES[Path(path).suffix], file.read_bytes()
        return self.site.files.get(path)

    def answer(self, content_type: str, data: bytes) -> None:
        """The file, or the part of it that was asked for: without parts no browser moves about in a sound."""
        start, end = 0, len(data)
        if asked := self.headers.get("Range"):
            first, last = asked.removeprefix("bytes=").split("-")
            start, end = int(first), int(last) + 1 if last else end
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        else:
            self.send_response(200)
        if self.path.endswith("?download"):
            self.send_header("Content-Disposition", "attachment")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Security-Policy", build_policy())
        self.end_headers()
        self.wfile.write(data[start:end])

    def stream(self) -> None:
        """A sound that says nothing of its length, and stays open."""
        data = wav(1)
        unknown = b"\xff" * 4
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.end_headers()
        self.wfile.write(data[:4] + unknown + data[8:40] + unknown + 60 * data[44:])
        self.site.stream_may_end.wait(PATIENCE_SECONDS)

    def handle(self) -> None:
        # A browser that has seen enough goes.
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running_viewing_site() -> Iterator[ViewingSite]:
    site = ViewingSite()
    site.reset()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        site.reset()
        server.shutdown()
        thread.join()
        server.server_close()
