"""What a model letter belonged to before, and a field that nobody could see."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0024_model_letters_of_targets"),
    ]

    operations = [
        migrations.AlterField(
            model_name='modelletter',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='model_letters', to='cases.target', verbose_name='target'),
        ),
        migrations.RemoveField(
            model_name='historicalmodelletter',
            name='case',
        ),
        migrations.RemoveField(
            model_name='historicaltarget',
            name='social',
        ),
        migrations.RemoveField(
            model_name='modelletter',
            name='case',
        ),
        migrations.RemoveField(
            model_name='target',
            name='social',
        ),
        migrations.AddConstraint(
            model_name='modelletter',
            constraint=models.UniqueConstraint(fields=('target', 'language'), name='model_letter_one_per_target_and_language', violation_error_code='language', violation_error_message='There is a letter in this language already: change that one.'),
        ),
    ]
