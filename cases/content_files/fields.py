"""Which fields of a row the content files say: all, but for those that are named here and why.

A field that a model gets is read from the files, compared and loaded, unless it stands here.
"""

from django.db import models

# No file says them, and a load leaves them as they are; of any model, or of one.
IGNORED = {
    "id": "the database gives it",
    "loaded_digest": "the load itself writes it",
    "content_version": "what changes the case moves it",
    "recorded_at": "when the row was made here",
    "created_at": "when the row was made here",
    "updated_at": "when the row was saved here",
    "case.freeze": "an act of staff, at once and for somebody's safety",
    "case.freeze_reason": "of the freeze",
    "case.consent_ends_on": "worked out from the consents",
    "case.sharing_allowed": "a decision about risk, of staff",
    "case.listed": "a decision about risk, of staff",
    "case.letter_goal": "of this site, not of the campaign",
    "portrait.image": "a picture beside the file",
    "portrait.width": "of the picture",
    "portrait.height": "of the picture",
    "portrait.renditions": "made of the picture",
}
# No file says them, but what staff wrote there makes a row another than the file's.
BY_STAFF = {
    "case.facts_checked_on": "somebody here vouched for the words as they stand",
    "consent.given_by": "of a consent given to us, which is entered in the admin",
    "consent.scope": "of a consent given to us, which is entered in the admin",
    "consent.given_on": "of a consent given to us, which is entered in the admin",
    "consent.expires_on": "of a consent given to us, which is entered in the admin",
    "consent.withdrawn_on": "of a consent given to us, which is entered in the admin",
}


def compared_fields(model: type[models.Model]) -> list[models.Field]:
    """Those that tell whether a row is as its file says; to which row it belongs, the place of the
    table in the files says."""
    return [
        field
        for field in model._meta.concrete_fields
        if not field.is_relation and not {field.name, _label(field)} & IGNORED.keys()
    ]


def fields_in_files(model: type[models.Model]) -> list[models.Field]:
    return [field for field in compared_fields(model) if _label(field) not in BY_STAFF]


def _label(field: models.Field) -> str:
    return f"{field.model._meta.model_name}.{field.name}"
