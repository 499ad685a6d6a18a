"""What guards pictures and files, each with a line that breaks it. See ``guards``."""

from tests.faults.breakages import Breakage

READING = "tests/incidents/attachments/test_reading.py"
WITHDRAWING = "tests/incidents/attachments/test_withdrawing.py"
FILES_TEST = "tests/incidents/attachments/test_attachments.py"
FILES = (
    Breakage(
        "a file of a private incident reaches whoever knows its number",
        "incidents/attachments/queries.py",
        "found = rows.filter(pk=attachment_id, incident__in=visible).first()",
        "found = rows.filter(pk=attachment_id).first()",
        f"{FILES_TEST}::test_p65_whoever_may_see_the_incident_may_see_it",
    ),
    Breakage(
        "a picture is decoded however many dots it says it has",
        "incidents/attachments/redrawing.py",
        "            _check_dots(opened)\n",
        "",
        f"{READING}::test_a_picture_of_too_many_dots_is_refused_by_its_header",
    ),
    Breakage(
        "a picture keeps what its camera noted",
        "incidents/attachments/redrawing.py",
        'picture.info = see_through if picture.mode in ("P", "L", "RGB", "1") else {}',
        "pass",
        f"{READING}::test_p65_a_picture_is_turned_and_keeps_nothing_that_it_said_beside_its_dots",
    ),
    Breakage(
        "a page that is called a picture is taken",
        "incidents/attachments/reading.py",
        "    if kind is None:\n",
        "    if False:\n",
        f"{READING}::test_p65_whatever_else_it_is_or_says_it_is_is_refused",
    ),
    Breakage(
        "the bytes of a withdrawn file stay",
        "withdrawal/files.py",
        "AttachmentContent.objects.filter(pk=file.pk).delete()",
        "pass",
        f"{WITHDRAWING}::test_p65_withdrawn_it_is_gone_everywhere_and_the_chain_holds",
    ),
    Breakage(
        "an upload that is sent again counts as another one",
        "api/idempotency.py",
        'if request.content_type == "multipart/form-data":',
        "if False:",
        f"{FILES_TEST}::test_the_same_upload_again_is_once",
    ),
)
