"""Words for staff about the goal and the reporting deadline of an edition."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0027_say_how_position_orders"),
    ]

    operations = [
        migrations.AlterField(
            model_name='edition',
            name='letter_goal',
            field=models.PositiveIntegerField(blank=True, help_text='Shown with a bar on the home page, once there are letters.', null=True, verbose_name='letter goal'),
        ),
        migrations.AlterField(
            model_name='edition',
            name='reporting_deadline',
            field=models.DateField(blank=True, help_text='Until when groups report what they wrote: shown where they promise letters and where they enter them. Nothing is refused after it.', null=True, verbose_name='reporting deadline'),
        ),
        migrations.AlterField(
            model_name='historicaledition',
            name='letter_goal',
            field=models.PositiveIntegerField(blank=True, help_text='Shown with a bar on the home page, once there are letters.', null=True, verbose_name='letter goal'),
        ),
        migrations.AlterField(
            model_name='historicaledition',
            name='reporting_deadline',
            field=models.DateField(blank=True, help_text='Until when groups report what they wrote: shown where they promise letters and where they enter them. Nothing is refused after it.', null=True, verbose_name='reporting deadline'),
        ),
    ]
