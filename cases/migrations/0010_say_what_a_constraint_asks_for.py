# Words for people; nothing in the database changes.

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0009_fill_cloned_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='case',
            name='case_letter_goal_is_not_zero',
            constraint=models.CheckConstraint(condition=models.Q(('letter_goal__isnull', True), ('letter_goal__gt', 0), _connector='OR'), name='case_letter_goal_is_not_zero', violation_error_code='letter_goal', violation_error_message='Leave this empty if there is no goal. A goal is at least 1.'),
        ),
        migrations.AlterConstraint(
            model_name='case',
            name='case_frozen_with_a_reason',
            constraint=models.CheckConstraint(condition=models.Q(('freeze', 'none'), models.Q(('freeze_reason', ''), _negated=True), _connector='OR'), name='case_frozen_with_a_reason', violation_error_code='freeze_reason', violation_error_message='Say why the case is frozen.'),
        ),
        migrations.AlterConstraint(
            model_name='consent',
            name='consent_says_who_gave_it_or_where_it_is_told',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('given_by', ''), _negated=True), models.Q(('page', ''), _negated=True), _connector='OR'), name='consent_says_who_gave_it_or_where_it_is_told', violation_error_code='given_by', violation_error_message='Say who gave it, or on which page it is told.'),
        ),
        migrations.AlterConstraint(
            model_name='modelletter',
            name='model_letter_one_per_case_and_language',
            constraint=models.UniqueConstraint(fields=('case', 'language'), name='model_letter_one_per_case_and_language', violation_error_code='language', violation_error_message='There is a letter in this language already: change that one.'),
        ),
        migrations.AlterConstraint(
            model_name='petition',
            name='petition_goal_is_not_zero',
            constraint=models.CheckConstraint(condition=models.Q(('goal__isnull', True), ('goal__gt', 0), _connector='OR'), name='petition_goal_is_not_zero', violation_error_code='goal', violation_error_message='Leave this empty if there is no goal. A goal is at least 1.'),
        ),
        migrations.AlterConstraint(
            model_name='portrait',
            name='portrait_has_credit_and_alt_text',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alt', ''), _negated=True), models.Q(('credit', ''), _negated=True)), name='portrait_has_credit_and_alt_text', violation_error_code='alt', violation_error_message='A picture needs a text for people who cannot see it, and a credit.'),
        ),
        migrations.AlterConstraint(
            model_name='safetyrule',
            name='safety_rule_one_answer_per_topic',
            constraint=models.UniqueConstraint(fields=('case', 'applies_to', 'topic'), name='safety_rule_one_answer_per_topic', violation_error_code='topic', violation_error_message='This topic has an answer already: change that one.'),
        ),
        migrations.AlterConstraint(
            model_name='solidarityaction',
            name='solidarity_action_opens_before_it_ends',
            constraint=models.CheckConstraint(condition=models.Q(('opens_on', None), ('ends_on', None), ('opens_on__lte', models.F('ends_on')), _connector='OR'), name='solidarity_action_opens_before_it_ends', violation_error_code='ends_on', violation_error_message='The last day must not come before the first.'),
        ),
        migrations.AlterConstraint(
            model_name='target',
            name='target_address_has_a_country',
            constraint=models.CheckConstraint(condition=models.Q(('postal', ''), models.Q(('postal_country', ''), _negated=True), _connector='OR'), name='target_address_has_a_country', violation_error_code='postal_country', violation_error_message='Choose the country of the address.'),
        ),
        migrations.AlterConstraint(
            model_name='target',
            name='target_local_language_has_salutation_and_close',
            constraint=models.CheckConstraint(condition=models.Q(('local_language', ''), models.Q(models.Q(('local_salutation', ''), _negated=True), models.Q(('local_close', ''), _negated=True)), _connector='OR'), name='target_local_language_has_salutation_and_close', violation_error_code='local_language', violation_error_message='Beside this language, write the salutation and the close in it.'),
        ),
        migrations.AlterConstraint(
            model_name='wordlist',
            name='word_list_one_of_a_kind_per_language',
            constraint=models.UniqueConstraint(fields=('kind', 'language'), name='word_list_one_of_a_kind_per_language', violation_error_code='language', violation_error_message='There is a list of this kind in this language already: change that one.'),
        ),
        migrations.AlterConstraint(
            model_name='yearlyfigure',
            name='yearly_figure_has_a_qualifier',
            constraint=models.CheckConstraint(condition=models.Q(('actions__isnull', True), models.Q(('qualifier', ''), _negated=True), _connector='OR'), name='yearly_figure_has_a_qualifier', violation_error_code='qualifier', violation_error_message='Choose how exact the number is.'),
        ),
    ]
