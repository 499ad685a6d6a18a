"""Four common regimes with their clocks, as an administrator finds them first and then keeps them."""

from typing import Any

from django.db import migrations

ADVICE = "Whether it applies, and to whom to report, your lawyers know. Change the times to theirs."
# Each by what programs call it, its name, and what is due after how many hours or months.
TEMPLATES: list[tuple[str, str, list[tuple[str, int | None, int | None]]]] = [
    ("gdpr", "GDPR", [("Notification of the authority", 72, None)]),
    (
        "nis2",
        "NIS2",
        [
            ("Early warning", 24, None),
            ("Incident notification", 72, None),
            ("Final report", None, 1),
        ],
    ),
    (
        "dora",
        "DORA",
        [
            ("Initial notification", 24, None),
            ("Intermediate report", 72, None),
            ("Final report", None, 1),
        ],
    ),
    (
        "cra",
        "CRA",
        [
            ("Early warning", 24, None),
            ("Incident notification", 72, None),
            ("Final report", None, 1),
        ],
    ),
]


def write(apps: Any, schema_editor: Any) -> None:
    """Write the templates with their due times."""
    templates = apps.get_model("incidents", "ObligationTemplate")
    steps = apps.get_model("incidents", "ObligationStep")
    for slug, name, due in TEMPLATES:
        template = templates.objects.create(slug=slug, name=name, advice=ADVICE)
        for words, hours, months in due:
            steps.objects.create(template=template, name=words, hours=hours, months=months)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0011_obligations")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
