"""A case has several targets, in an order; a model letter is written to one of them."""

import cases.dates
import django.db.models.deletion
import modeltrans.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0022_outcome_without_a_quote"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='target',
            options={'ordering': ['position', 'pk'], 'verbose_name': 'target', 'verbose_name_plural': 'targets'},
        ),
        migrations.RemoveConstraint(
            model_name='modelletter',
            name='model_letter_one_per_case_and_language',
        ),
        migrations.AddField(
            model_name='historicalmodelletter',
            name='target',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='cases.target', verbose_name='target'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='address_as_of',
            field=models.CharField(blank=True, help_text='As finely as it is known: 2026-03-02, 2026-03 or 2026.', max_length=10, validators=[cases.dates.validate_partial_date], verbose_name='address known as of'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='address_confidence',
            field=models.CharField(blank=True, choices=[('high', 'high: an official page, or two sources that agree'), ('medium', 'medium: one decent source'), ('low', 'low: a weak source')], max_length=6, verbose_name='how sure the address is'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='address_for_staff_only',
            field=models.BooleanField(default=False, help_text='Known, but not good enough to print: neither readers nor writers see the postal address.', verbose_name='address for staff only'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='asked',
            field=models.CharField(blank=True, help_text='One sentence. Needed if the case has several targets: the writer chooses.', max_length=300, verbose_name='what this target is asked'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='holder_as_of',
            field=models.CharField(blank=True, help_text='As finely as it is known: 2026-03-02, 2026-03 or 2026.', max_length=10, validators=[cases.dates.validate_partial_date], verbose_name='name and office known as of'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='i18n',
            field=modeltrans.fields.TranslationField(fields=['asked'], required_languages=(), virtual_fields=True),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='key',
            field=models.SlugField(default='main', help_text='Another for each target of the case: “prosecutor”. Letters belong to it.', max_length=40, verbose_name='short name in links'),
        ),
        migrations.AddField(
            model_name='historicaltarget',
            name='position',
            field=models.PositiveSmallIntegerField(default=0, help_text='The smallest is offered first.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='modelletter',
            name='case',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='model_letters', to='cases.case'),
        ),
        migrations.AddField(
            model_name='modelletter',
            name='target',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='model_letters', to='cases.target', verbose_name='target'),
        ),
        migrations.AddField(
            model_name='target',
            name='address_as_of',
            field=models.CharField(blank=True, help_text='As finely as it is known: 2026-03-02, 2026-03 or 2026.', max_length=10, validators=[cases.dates.validate_partial_date], verbose_name='address known as of'),
        ),
        migrations.AddField(
            model_name='target',
            name='address_confidence',
            field=models.CharField(blank=True, choices=[('high', 'high: an official page, or two sources that agree'), ('medium', 'medium: one decent source'), ('low', 'low: a weak source')], max_length=6, verbose_name='how sure the address is'),
        ),
        migrations.AddField(
            model_name='target',
            name='address_for_staff_only',
            field=models.BooleanField(default=False, help_text='Known, but not good enough to print: neither readers nor writers see the postal address.', verbose_name='address for staff only'),
        ),
        migrations.AddField(
            model_name='target',
            name='asked',
            field=models.CharField(blank=True, help_text='One sentence. Needed if the case has several targets: the writer chooses.', max_length=300, verbose_name='what this target is asked'),
        ),
        migrations.AddField(
            model_name='target',
            name='holder_as_of',
            field=models.CharField(blank=True, help_text='As finely as it is known: 2026-03-02, 2026-03 or 2026.', max_length=10, validators=[cases.dates.validate_partial_date], verbose_name='name and office known as of'),
        ),
        migrations.AddField(
            model_name='target',
            name='i18n',
            field=modeltrans.fields.TranslationField(fields=['asked'], required_languages=(), virtual_fields=True),
        ),
        migrations.AddField(
            model_name='target',
            name='key',
            field=models.SlugField(default='main', help_text='Another for each target of the case: “prosecutor”. Letters belong to it.', max_length=40, verbose_name='short name in links'),
        ),
        migrations.AddField(
            model_name='target',
            name='position',
            field=models.PositiveSmallIntegerField(default=0, help_text='The smallest is offered first.', verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='historicaltarget',
            name='appeal_deadline',
            field=models.DateField(blank=True, help_text='The last day on which a letter is of use. After it nobody is asked to write.', null=True, verbose_name='write until'),
        ),
        migrations.AlterField(
            model_name='historicaltarget',
            name='email',
            field=models.EmailField(blank=True, help_text='Writers are offered it once the day of the check is filled in below.', max_length=254, verbose_name='e-mail'),
        ),
        migrations.AlterField(
            model_name='target',
            name='appeal_deadline',
            field=models.DateField(blank=True, help_text='The last day on which a letter is of use. After it nobody is asked to write.', null=True, verbose_name='write until'),
        ),
        migrations.AlterField(
            model_name='target',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='cases.case'),
        ),
        migrations.AlterField(
            model_name='target',
            name='email',
            field=models.EmailField(blank=True, help_text='Writers are offered it once the day of the check is filled in below.', max_length=254, verbose_name='e-mail'),
        ),
        migrations.AddConstraint(
            model_name='target',
            constraint=models.UniqueConstraint(fields=('case', 'key'), name='target_key_once_in_a_case', violation_error_code='key', violation_error_message='Another target of this case has this short name: choose another.'),
        ),
    ]
