"""Keep the legal and contractual clocks of an incident, and templates that start them."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0010_share_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ObligationTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                (
                    "slug",
                    models.SlugField(
                        help_text="What programs call it, such as gdpr.", max_length=60, unique=True
                    ),
                ),
                (
                    "advice",
                    models.TextField(
                        blank=True,
                        help_text="What your lawyers want people to know first.",
                        max_length=2000,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slug", ""), _negated=True),
                        name="obligation_template_has_slug",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ObligationStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="What is due, such as the early warning.", max_length=120
                    ),
                ),
                (
                    "hours",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(8784),
                        ],
                    ),
                ),
                (
                    "months",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="incidents.obligationtemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["months", "hours", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours__gte", 1), ("months", None)),
                            models.Q(("hours", None), ("months__gte", 1)),
                            _connector="OR",
                        ),
                        name="obligation_step_hours_or_months",
                        violation_error_message="Say hours or months, one of them.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=250)),
                ("aware_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("filed_at", models.DateTimeField(null=True)),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="The proof of the filing.", max_length=300
                    ),
                ),
                ("declined_at", models.DateTimeField(null=True)),
                ("declined_because", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="obligations",
                        to="incidents.incident",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="incidents.obligationtemplate",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("due_at__gt", models.F("aware_at"))),
                        name="obligation_due_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("filed_at", None),
                            models.Q(
                                ("declined_at", None), models.Q(("reference", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="obligation_filed_with_proof",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("declined_at", None),
                            models.Q(("declined_because", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="obligation_declined_with_reason",
                    ),
                ],
            },
        ),
    ]
