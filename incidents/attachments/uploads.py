"""Reads the files of a multipart request, and answers a file's bytes, for API and pages."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

from incidents.attachments.models import Attachment
from incidents.attachments.queries import content_of
from incidents.attachments.reading import LARGEST, ReadFile, read_file
from refusals.errors import Invalid

FIELD = "file"
PART = 64 * 1024
NOTHING_ACTS = "default-src 'none'; sandbox; frame-ancestors 'none'"


def uploads_of(request: HttpRequest) -> "list[UploadedFile[Any]]":
    """The files that were sent, at least one.

    Raises ``Invalid`` without one, ``RequestDataTooBig`` for one over 10 MB.
    """
    sent = [one for one in request.FILES.getlist(FIELD) if isinstance(one, UploadedFile)]
    if not sent:
        raise Invalid({FIELD: "Choose a picture or a file."})
    if any((one.size or 0) > LARGEST for one in sent):
        raise RequestDataTooBig(f"A file holds at most {LARGEST // 2**20} MB.")
    return sent


def read_upload(upload: "UploadedFile[Any]") -> ReadFile:
    """What is kept of a file that was sent; refuses as ``read_file``."""
    upload.seek(0)
    return read_file(upload.name or "", upload.read())


def file_answer(
    request: HttpRequest, attachment: Attachment, *, small: bool = False
) -> HttpResponseBase:
    """The bytes, where the reader does not have them already.

    A picture, which was written anew, shows; anything else is a download. Neither is guessed at,
    runs, or is framed. One query, none for who has them.
    """
    etag = quote_etag(attachment.digest[:32] + ("-small" if small else ""))
    known = get_conditional_response(request, etag=etag)
    answer: HttpResponseBase = known or _streamed(content_of(attachment, small=small))
    answer.headers["ETag"] = etag
    answer.headers["Content-Type"] = "image/webp" if small else _said_type(attachment)
    named = content_disposition_header(not attachment.is_picture, attachment.name)
    answer.headers["Content-Disposition"] = named or "inline"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = NOTHING_ACTS
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _said_type(attachment: Attachment) -> str:
    kind = attachment.media_type
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _streamed(content: bytes) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_parts(content))
    answer.headers["Content-Length"] = str(len(content))
    return answer


def _parts(content: bytes) -> Iterable[bytes]:
    return (content[at : at + PART] for at in range(0, len(content), PART))
