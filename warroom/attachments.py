"""Pictures and files of an incident: the page that lists them, bringing, showing, withdrawing."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from incidents.attachments.actions import add_attachment
from incidents.attachments.forms import files_field
from incidents.attachments.models import Attachment
from incidents.attachments.queries import all_files_of, files_in, get_attachment
from incidents.attachments.reading import read_name
from incidents.attachments.uploads import file_answer, read_upload, uploads_of
from incidents.record.models import Incident
from pages.editor import Editor
from pages.forms import EditForm, text
from people.requests import PersonRequest
from refusals.errors import Invalid, NotVisible, Refused, TooMany
from warroom.answering import edit, on_incident
from withdrawal.actions import may_withdraw
from withdrawal.files import withdraw_file

FIELDS = ("edit-attachments", "outcome-attachments", "update-attachments")
"""The ids of the fields that files are brought through."""


class FilesForm(EditForm):
    """The one field, as it stands in some form."""


@on_incident("GET", "POST")
def attachments(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Every file of the incident; a POST brings some, for a field that asks or to this page."""
    field = request.GET.get("field", "")
    if request.method != "POST":
        if request.htmx and field in FIELDS:
            return _field(request, incident, field, [], "")
        return _page(request, incident)
    added, refused, status = _bring(request, incident)
    if field in FIELDS and request.htmx:
        return _field(request, incident, field, added, refused, status)
    if refused:
        return _page(request, incident, refused, status)
    messages.success(
        request, "Uploaded. Tick it where it says something: in a note, a proof, evidence."
    )
    return HttpResponseRedirect(request.path)


def _bring(request: PersonRequest, incident: Incident) -> tuple[list[Attachment], str, int]:
    """Those that were kept, and why one was not, with the status of that."""
    added: list[Attachment] = []
    try:
        # One after the other: those before one that is refused are kept.
        for upload in uploads_of(request):
            file = read_upload(upload)
            added.append(add_attachment(incident, by=request.user, file=file))
    except Refused as refusal:
        name = read_name(upload.name or "")
        return added, f"{name}: {refusal.sentence}", refusal.status
    except Invalid as invalid:
        return added, " ".join(invalid.errors.values()), invalid.status
    except TooMany as many:
        return added, many.sentence, many.status
    except RequestDataTooBig as large:
        return added, str(large), 413
    return added, "", 200


def _field(
    request: PersonRequest,
    incident: Incident,
    field: str,
    added: list[Attachment],
    refused: str,
    status: int = 200,
) -> HttpResponse:
    data = request.POST.copy()
    for one in added:
        data[f"attachments_{one.pk}"] = str(one.pk)
    form = FilesForm(data, auto_id=field.replace("attachments", "%s"))
    form.fields["attachments"] = files_field(incident, request.user, refused=refused)
    facts = {"field": form["attachments"]}
    template = "warroom/attachments/_field.html"
    # Refused or not, the field comes back with what is ticked.
    return render(request, template, facts, status=422 if status == 413 else status, using="jinja2")


def _page(
    request: PersonRequest, incident: Incident, refused: str = "", status: int = 200
) -> HttpResponse:
    rows = [(one, files_in([one.as_stands])) for one in all_files_of(incident)]
    facts = {
        "incident": incident,
        "rows": rows,
        "refused": refused,
        "withdraws": may_withdraw(incident, request.user),
    }
    template = "warroom/attachments/page.html"
    return render(request, template, facts, status=status, using="jinja2")


class FileWithdrawalForm(EditForm):
    """Why a file must not stand."""

    reason = text("Why it must not stand", 500, required=True, autofocus=True)


@on_incident("GET", "POST")
def withdrawal(request: PersonRequest, incident: Incident, attachment_id: int) -> HttpResponse:
    """Delete the bytes of a file and take its name out of everything that carries it."""
    found = incident.attachments.filter(pk=attachment_id).first()
    if found is None:
        raise NotVisible
    return edit(
        request,
        incident,
        FileWithdrawalForm(request.POST or None),
        lambda values: withdraw_file(incident, by=request.user, attachment=found.pk, **values),
        Editor(
            "Withdraw a file",
            "Withdraw",
            intro=f"“{found.name}” is deleted; where it stood, pages and exports say that a file "
            "was withdrawn. Its digest and your reason stay. Snapshots that were taken along and "
            "backups keep it.",
            danger=True,
        ),
        said="Withdrawn.",
    )


@login_required
@require_http_methods(["GET", "HEAD"])
def attachment(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """The file itself: a picture shows, anything else is a download."""
    return _content(request, attachment_id)


@login_required
@require_http_methods(["GET", "HEAD"])
def small(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """A picture as pages show it, at most 200 KB."""
    return _content(request, attachment_id, small=True)


def _content(request: HttpRequest, attachment_id: int, *, small: bool = False) -> HttpResponseBase:
    person = request.user
    found = get_attachment(person, attachment_id)  # type: ignore[arg-type]
    if small and not found.is_picture:
        raise NotVisible
    return file_answer(request, found, small=small)
