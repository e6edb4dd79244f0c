"""What invented activity lacks for the desks: `ROWS=1000000 make bench` calls it.

A decision about every second letter, an answer to one of a hundred, letters that can be handed in,
and all that wait in a group of those that say the same.
"""

import itertools

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from cases.models import Case  # noqa: E402
from letters.delivery import similar_texts  # noqa: E402
from letters.models import Letter, LetterState, Reply, ReplyState  # noqa: E402

WHO = "bench-of-desks"
AN_ANSWER = 100  # letters
DECISIONS = """
    INSERT INTO letters_decision
        ("thing", "row", "act", "reason_code", "by_id", "at", "before", "after_changed_at", "group")
    SELECT 'letter', id, 'approve', '', %s, created_at, '{}', changed_at, ''
    FROM letters_letter WHERE id %% 2 = 0
"""
GROUPS = """
    INSERT INTO letters_textgroupmember (letter_id, group_id, as_of)
    SELECT letter.id, known.group_id, letter.changed_at
    FROM letters_letter letter
    JOIN (
        SELECT first.case_id, MIN(member.group_id) AS group_id
        FROM letters_textgroupmember member
        JOIN letters_letter first ON first.id = member.letter_id
        GROUP BY first.case_id
    ) known ON known.case_id = letter.case_id
    WHERE letter.state = 'submitted' AND letter.erased_on IS NULL AND letter.invalid_on IS NULL
        AND letter.id NOT IN (SELECT letter_id FROM letters_textgroupmember)
"""


def answers() -> None:
    keys = itertools.count()
    states, now = itertools.cycle([ReplyState.UNREAD, ReplyState.READ]), timezone.now()
    letters = Letter.objects.order_by("pk").values_list("pk", "case")
    Reply.objects.bulk_create(
        Reply(case_id=case, letter_id=letter, text="Thanks.", state=next(states), received_on=now)
        for letter, case in letters.iterator()
        if next(keys) % AN_ANSWER == 0
    )


def main() -> None:
    person = User.objects.create_user(WHO, is_staff=True, is_superuser=True)
    Letter.objects.filter(state=LetterState.APPROVED).update(is_sample=False)
    answers()
    for case in Case.objects.values_list("pk", flat=True):
        similar_texts.group_case(case)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DECISIONS, [person.pk])
        cursor.execute(GROUPS)


if __name__ == "__main__":
    main()
