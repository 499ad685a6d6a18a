"""Verification by somebody who never owned an item, the look item by item, thanks of an incident."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def thank_the_incident(apps: Any, schema_editor: Any) -> None:
    """Thanks belong to the incident, so that nobody opens a review by saying them."""
    for thanks in apps.get_model("postmortems", "Thanks").objects.select_related("postmortem"):
        thanks.incident_id = thanks.postmortem.incident_id
        thanks.save(update_fields=["incident"])


def remember_who_had_it(apps: Any, schema_editor: Any) -> None:
    """Everybody who ever owned an item, and who said that it is done, as the record says."""
    entry = apps.get_model("incidents", "TimelineEntry")
    known = set(apps.get_model("people", "User").objects.values_list("pk", flat=True))
    for item in apps.get_model("postmortems", "ActionItem").objects.all():
        told = entry.objects.filter(
            incident__postmortem=item.postmortem_id, kind__startswith="action_", data__item=item.pk
        ).order_by("seq")
        owned = told.filter(kind__in=["action_added", "action_changed"])
        had = {data.get("owner") for data in owned.values_list("data", flat=True)}
        item.owners.add(*({item.owner_id} | had) & known)
        done = told.filter(kind="action_done").last()
        if done is not None and item.state == "done":
            item.done_by_id = done.actor_id
            item.save(update_fields=["done_by"])


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0009_paused_work"),
        ("postmortems", "0003_follow_up_ladders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="why",
            name="sure",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed", "Confirmed"),
                    ("likely", "Likely"),
                    ("unknown", "Unknown"),
                ],
                max_length=10,
                verbose_name="how sure",
            ),
        ),
        migrations.CreateModel(
            name="ItemLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started", models.BooleanField()),
                ("owned", models.BooleanField()),
                ("still_right", models.BooleanField()),
                ("word", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="actionitem",
            name="action_item_verified_by_another",
        ),
        migrations.RemoveConstraint(
            model_name="thanks",
            name="thanks_once",
        ),
        migrations.AddField(
            model_name="actionitem",
            name="done_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="owners",
            field=models.ManyToManyField(
                editable=False,
                help_text="Everybody who ever owned it: none of them verifies it.",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="signal_after",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="signal_before",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="verified_alone",
            field=models.BooleanField(
                default=False,
                help_text="Verified by who did it, since nobody else was left.",
                verbose_name="nobody else",
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="verified_early_because",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="postmortem",
            name="facilitates_alone",
            field=models.BooleanField(
                default=False,
                help_text="Owned the fix too, since nobody else was there.",
                verbose_name="nobody else",
            ),
        ),
        migrations.AddField(
            model_name="postmortem",
            name="look_again_since",
            field=models.DateTimeField(
                blank=True,
                help_text="Reopened after publication; cleared by another look.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="postmortem",
            name="looked_again_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="postmortem",
            name="looked_again_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="postmortem",
            name="looked_again_note",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="prioritypolicy",
            name="longest_move_days",
            field=models.PositiveSmallIntegerField(
                default=90,
                help_text="How far one move may put the due date off; it may move again, counted.",
                verbose_name="longest move, days",
            ),
        ),
        migrations.AddField(
            model_name="thanks",
            name="incident",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="thanks",
                to="incidents.incident",
            ),
        ),
        migrations.RunPython(thank_the_incident, migrations.RunPython.noop),
        migrations.RunPython(remember_who_had_it, migrations.RunPython.noop),
        # What the rows above owe their foreign keys is checked now: a table is not altered before.
        migrations.RunSQL(
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", migrations.RunSQL.noop
        ),
        migrations.RemoveField(
            model_name="thanks",
            name="postmortem",
        ),
        migrations.AlterField(
            model_name="thanks",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="thanks",
                to="incidents.incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="actionitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "verified"), _negated=True),
                    models.Q(
                        ("verified_by__isnull", False),
                        models.Q(
                            ("verified_alone", True),
                            models.Q(
                                models.Q(("verified_by", models.F("owner")), _negated=True),
                                models.Q(
                                    ("done_by__isnull", True),
                                    models.Q(("verified_by", models.F("done_by")), _negated=True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="action_item_verified_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="postmortem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("look_again_since__isnull", True), ("state", "published"), _connector="OR"
                ),
                name="postmortem_looked_at_again_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="prioritypolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("longest_move_days__range", (1, 365))),
                name="priority_policy_move_in_range",
                violation_error_message="One move puts a date off by 1 to 365 days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="thanks",
            constraint=models.UniqueConstraint(
                fields=("incident", "person", "by", "text"), name="thanks_once"
            ),
        ),
        migrations.AddField(
            model_name="itemlook",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="itemlook",
            name="item",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="look",
                to="postmortems.actionitem",
            ),
        ),
        migrations.AddConstraint(
            model_name="itemlook",
            constraint=models.CheckConstraint(
                condition=models.Q(("word", ""), _negated=True), name="item_look_says_something"
            ),
        ),
    ]
