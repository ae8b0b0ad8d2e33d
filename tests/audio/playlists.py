"""Texts that make a careless decoder open other files or addresses (threats, findings 1 and 2)."""

import struct
from collections.abc import Callable

_HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n{}#EXT-X-ENDLIST\n"

_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT5S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
    '<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1000"><BaseURL>{}</BaseURL>'
    '<SegmentBase indexRange="0-100"/></Representation></AdaptationSet></Period></MPD>'
)


def _segment(address: str) -> str:
    return _HLS.format(f"#EXTINF:5.0,\n{address}\n")


SHAPES: dict[str, Callable[[str, str], bytes]] = {
    "ffconcat": lambda file, url: f"ffconcat version 1.0\nfile {file}\n".encode(),
    "ffconcat of an address": lambda file, url: f"ffconcat version 1.0\nfile {url}\n".encode(),
    "concat without header": lambda file, url: f"file '{file}'\n".encode(),
    "hls of a file": lambda file, url: _segment(file).encode(),
    "hls of a file address": lambda file, url: _segment(f"file://{file}").encode(),
    "hls of an address": lambda file, url: _segment(url).encode(),
    "hls with a key elsewhere": lambda file, url: _HLS.format(
        f'#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF:5.0,\n{file}\n'
    ).encode(),
    "hls of concat": lambda file, url: _segment(f"concat:{file}|{url}").encode(),
    "dash of a file": lambda file, url: _DASH.format(file).encode(),
    "dash of an address": lambda file, url: _DASH.format(url).encode(),
    "sdp": lambda file, url: (
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {url.split(':')[2].partition('/')[0]} RTP/AVP 0\n"
    ).encode(),
    "xbin": lambda file, url: b"XBIN\x1a" + struct.pack("<HHBB", 80, 25, 16, 0) + _segment(file).encode(),
    "tty": lambda file, url: b"\x1b[2J\x1b[H" + _segment(file).encode(),
    "lavfi": lambda file, url: f"amovie={file}".encode(),
    "m3u": lambda file, url: f"#EXTM3U\n{file}\n{url}\n".encode(),
    "pls": lambda file, url: f"[playlist]\nFile1={file}\nFile2={url}\nNumberOfEntries=2\n".encode(),
}
"""Each takes the path of a sound file and an address that must not be asked for."""
