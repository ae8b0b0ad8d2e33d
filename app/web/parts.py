"""The folder store's part addresses: what S3 does by itself for a store of S3.

The address is the permission: signed by us for one part of one upload, with its size and hash, and
only for a while. So this route has no session and no CSRF token.
"""

from flask import Blueprint, Flask, Response, jsonify, request

from app.backends import Backends
from app.errors import NotFound
from app.services.published import NOTHING_HERE
from app.settings import PART_BYTES
from app.storage import errors
from app.storage.folder import FolderStore
from app.web.current import backends

bp = Blueprint("parts", __name__)

#: What each refusal means to the browser's upload module: ask for a new address, send again, or give up.
_ANSWERS = {
    errors.PartAddressForged: 403,
    errors.PartAddressExpired: 403,
    errors.PartLengthWrong: 400,
    errors.PartHashWrong: 422,
    errors.PartUnreasonable: 400,
    errors.UploadMissing: 404,
    errors.UploadFinished: 409,
    errors.StoreFull: 507,
}


@bp.put("/parts/<token>")
def put_part(token: str) -> tuple[Response, int]:
    """Take in one part of at most 8 MiB; it is on disk when this answers."""
    store = backends().store
    if not isinstance(store, FolderStore):
        raise NotFound(NOTHING_HERE)
    request.max_content_length = PART_BYTES
    try:
        part = store.receive_part(token, request.stream, request.content_length)
    except tuple(_ANSWERS) as error:
        return jsonify(error=type(error).__name__), _ANSWERS[type(error)]
    return jsonify(number=part.number, size_bytes=part.size_bytes), 200


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)
