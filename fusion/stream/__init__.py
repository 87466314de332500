"""The picture's stream: who wants to see what, and how little must be sent for it."""

from fusion.stream.session import PictureSession, StreamMetrics
from fusion.stream.shell import PictureStream, WebSocketLike, serve_picture
from fusion.stream.view import Lens, View, Views
from fusion.stream.wire import SUBPROTOCOL, ProtocolError

__all__ = [
    "SUBPROTOCOL",
    "Lens",
    "PictureSession",
    "PictureStream",
    "ProtocolError",
    "StreamMetrics",
    "View",
    "Views",
    "WebSocketLike",
    "serve_picture",
]
