"""The sound of an episode as an answer, in the way that HEARTH_MEDIA names.

`stream`: by this process. `x-accel`: nginx in front sends the file, this process only says which.
`redirect`: to an address in the store, signed for the request's very method. Whether somebody may hear it,
and how long caches may keep the answer, the caller has to say.
"""

from functools import partial

from flask import Response, request

from app.backends import Backends
from app.errors import NotFound
from app.models import Enclosure
from app.services.published import NOTHING_HERE
from app.storage.errors import ObjectMissing
from app.web.own_look import is_own_look
from app.web.ranges import file_response, streamed_response

#: Below this path nginx finds the folder of objects; nobody can ask for it from outside (`internal`).
INSIDE = "/hearth-store/"
HANDED_OVER = "X-Accel-Redirect"
MEDIA_TYPE = "audio/mpeg"


def sound_response(backends: Backends, enclosure: Enclosure, file_name: str | None = None) -> Response:
    """The sound, or where it is; with a file name, to be saved under it. Raises NotFound."""
    mode = backends.settings.media
    if mode == "redirect":
        signed = backends.store.signed_get(
            enclosure.key, method="HEAD" if request.method == "HEAD" else "GET", file_name=file_name
        )
        return Response(status=302, headers={"Location": signed or ""})
    # the service that asks itself has no nginx in front of it
    is_for_nginx = mode == "x-accel" and not is_own_look()
    response = _handed_over(enclosure) if is_for_nginx else _streamed(backends, enclosure)
    if file_name:
        response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def is_sent_elsewhere(response: Response) -> bool:
    """Whether somebody else sends the sound: what of it is asked for, only the request says."""
    return response.status_code == 302 or HANDED_OVER in response.headers


def _handed_over(enclosure: Enclosure) -> Response:
    """For nginx, which answers conditions and ranges by the file itself."""
    return Response(headers={HANDED_OVER: INSIDE + enclosure.key, "Content-Type": MEDIA_TYPE})


def _streamed(backends: Backends, enclosure: Enclosure) -> Response:
    said = (enclosure.size_bytes, MEDIA_TYPE, enclosure.sha256[:32])
    modified_at = enclosure.created_at.replace(microsecond=0)
    store, key = backends.store, enclosure.key
    try:
        if not backends.settings.store_is_folder:
            return streamed_response(partial(store.open_range, key), *said, modified_at)
        with store.local_path(key) as path:
            file = path.open("rb")  # a real file: ranges seek in it, and waitress sends it by itself
        return file_response(file, *said, modified_at)
    except ObjectMissing:  # 404 to listeners, and an alarm elsewhere
        raise NotFound(NOTHING_HERE) from None
