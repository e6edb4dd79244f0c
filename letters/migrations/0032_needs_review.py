"""Fields are called what the code says of them; their columns keep their names.

Only the state of the models changes: no row is written, and what runs meanwhile goes on.
"""

from django.db import migrations, models


def renamed(model: str, old: str, new: str, field: models.Field) -> list:
    return [migrations.RenameField(model, old, new), migrations.AlterField(model, new, field)]


def needs_review(model: str) -> list:
    field = models.BooleanField(default=False, verbose_name="needs review", db_column="held")
    return renamed(model, "held", "needs_review", field)


class Migration(migrations.Migration):
    dependencies = [("letters", "0031_rename_their_permissions")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                # What indexes and constraints say of the columns stays; here they learn what the
                # fields are called.
                migrations.RemoveConstraint(
                    model_name="letter",
                    name="letter_counts_only_when_posted_or_submitted",
                ),
                migrations.RemoveConstraint(
                    model_name="letter",
                    name="letter_counts_when_posted_or_submitted",
                ),
                migrations.RemoveConstraint(
                    model_name="signature",
                    name="signature_counts_only_when_confirmed",
                ),
                migrations.RemoveConstraint(
                    model_name="signature",
                    name="signature_counts_when_confirmed",
                ),
                migrations.RemoveConstraint(
                    model_name="socialaction",
                    name="social_action_counts_only_when_posted",
                ),
                migrations.RemoveConstraint(
                    model_name="socialaction",
                    name="social_action_counts_when_posted",
                ),
                migrations.RemoveIndex(
                    model_name="letter",
                    name="letter_awaiting_moderation",
                ),
                migrations.RemoveIndex(
                    model_name="letter",
                    name="letter_by_hand_held",
                ),
                migrations.RemoveIndex(
                    model_name="letter",
                    name="letter_held",
                ),
                migrations.RemoveIndex(
                    model_name="letter",
                    name="letter_awaiting_by_route",
                ),
                migrations.RemoveIndex(
                    model_name="signature",
                    name="signature_held",
                ),
                migrations.RemoveIndex(
                    model_name="socialaction",
                    name="social_action_held",
                ),
                *needs_review("letter"),
                *needs_review("signature"),
                *needs_review("socialaction"),
                *needs_review("pledge"),
                *renamed(
                    "announcement",
                    "reached",
                    "last_email_address_id",
                    models.BigIntegerField(default=0, editable=False, db_column="reached"),
                ),
                migrations.AddIndex(
                    model_name="letter",
                    index=models.Index(
                        condition=models.Q(("needs_review", True)),
                        fields=["-id"],
                        name="letter_held",
                    ),
                ),
                migrations.AddIndex(
                    model_name="letter",
                    index=models.Index(
                        condition=models.Q(
                            ("invalid_on", None),
                            models.Q(
                                ("state", "submitted"),
                                models.Q(
                                    ("needs_review", True),
                                    ("state", "posted"),
                                    models.Q(
                                        models.Q(("route", "by-hand"), _negated=True),
                                        ("pledge__isnull", True),
                                        _connector="OR",
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        fields=["-id"],
                        name="letter_awaiting_moderation",
                    ),
                ),
                migrations.AddIndex(
                    model_name="letter",
                    index=models.Index(
                        condition=models.Q(
                            ("invalid_on", None),
                            models.Q(
                                ("state", "submitted"),
                                models.Q(
                                    ("needs_review", True),
                                    ("state", "posted"),
                                    models.Q(
                                        models.Q(("route", "by-hand"), _negated=True),
                                        ("pledge__isnull", True),
                                        _connector="OR",
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        fields=["route", "-id"],
                        name="letter_awaiting_by_route",
                    ),
                ),
                migrations.AddIndex(
                    model_name="letter",
                    index=models.Index(
                        condition=models.Q(
                            ("invalid_on", None), ("needs_review", True), ("route", "by-hand")
                        ),
                        fields=["pledge"],
                        name="letter_by_hand_held",
                    ),
                ),
                migrations.AddIndex(
                    model_name="signature",
                    index=models.Index(
                        condition=models.Q(("needs_review", True)),
                        fields=["-id"],
                        name="signature_held",
                    ),
                ),
                migrations.AddIndex(
                    model_name="socialaction",
                    index=models.Index(
                        condition=models.Q(("needs_review", True)),
                        fields=["-id"],
                        name="social_action_held",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="letter",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", True),
                            models.Q(
                                ("invalid_on", None),
                                ("needs_review", False),
                                ("state__in", ["posted", "submitted", "approved"]),
                            ),
                            _connector="OR",
                        ),
                        name="letter_counts_only_when_posted_or_submitted",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="letter",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", False),
                            models.Q(
                                ("state__in", ["posted", "submitted", "approved"]), _negated=True
                            ),
                            ("needs_review", True),
                            ("invalid_on__isnull", False),
                            _connector="OR",
                        ),
                        name="letter_counts_when_posted_or_submitted",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="signature",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", True),
                            models.Q(("needs_review", False), ("state", "confirmed")),
                            _connector="OR",
                        ),
                        name="signature_counts_only_when_confirmed",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="signature",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", False),
                            models.Q(
                                ("needs_review", False), ("state", "confirmed"), _negated=True
                            ),
                            _connector="OR",
                        ),
                        name="signature_counts_when_confirmed",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="socialaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", True),
                            models.Q(
                                ("invalid_on", None), ("needs_review", False), ("state", "posted")
                            ),
                            _connector="OR",
                        ),
                        name="social_action_counts_only_when_posted",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="socialaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("counted_on__isnull", False),
                            models.Q(
                                ("invalid_on", None),
                                ("needs_review", False),
                                ("state", "posted"),
                                _negated=True,
                            ),
                            _connector="OR",
                        ),
                        name="social_action_counts_when_posted",
                    ),
                ),
                migrations.AlterField(
                    model_name="historicalpapercount",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("counted", "counted"),
                            ("held", "needs review: somebody else has to look at it"),
                            ("taken-out", "taken out"),
                        ],
                        default="counted",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                migrations.AlterField(
                    model_name="papercount",
                    name="state",
                    field=models.CharField(
                        choices=[
                            ("counted", "counted"),
                            ("held", "needs review: somebody else has to look at it"),
                            ("taken-out", "taken out"),
                        ],
                        default="counted",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
            ]
        )
    ]
