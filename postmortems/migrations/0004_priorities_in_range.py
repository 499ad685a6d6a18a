import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0003_drop_the_unused_note_of_the_list"),
    ]

    operations = [
        migrations.AlterField(
            model_name="prioritypolicy",
            name="due_within_days",
            field=models.PositiveSmallIntegerField(
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(365),
                ]
            ),
        ),
    ]
