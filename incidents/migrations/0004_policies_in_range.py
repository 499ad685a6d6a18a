import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0003_policies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="severitypolicy",
            name="publish_within_days",
            field=models.PositiveIntegerField(
                default=5,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(90),
                ],
                verbose_name="publish within working days",
            ),
        ),
        migrations.AlterField(
            model_name="severitypolicy",
            name="review_within_hours",
            field=models.PositiveIntegerField(
                default=72,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(744),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="severitypolicy",
            name="triage_window_min",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1440),
                ],
                verbose_name="triage window, minutes",
            ),
        ),
        migrations.AlterField(
            model_name="severitypolicy",
            name="update_interval_min",
            field=models.PositiveIntegerField(
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1440),
                ],
                verbose_name="update interval, minutes",
            ),
        ),
    ]
