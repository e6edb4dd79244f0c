"""What is encrypted is somebody's, so it goes one day: a new field can't be forgotten."""

import pytest
from django.apps import apps
from django.db.models import Model

from cases.encryption import EncryptedTextField
from letters.actions.erasure import erase_email_addresses
from letters.models import (
    DataRequest,
    Delivery,
    EmailAddress,
    Letter,
    LetterPicture,
    OutgoingMail,
    Pledge,
    Post,
    Reply,
    Signature,
)
from letters.privacy import erasure
from tests.factories import (
    make_delivery,
    make_email_address,
    make_letter,
    make_pledge,
    make_post,
    make_reply,
    make_signature,
)

# How the rows of each are erased, those that stay as a number and those that go whole.
ERASED = {
    Letter: (lambda: make_letter(state="posted"), erasure.erase_letters),
    Signature: (make_signature, erasure.erase_signatures),
    Post: (make_post, erasure.erase_posts),
    Reply: (make_reply, erasure.erase_replies),
    Delivery: (make_delivery, erasure.erase_deliveries),
    Pledge: (make_pledge, erasure.erase_pledges),
    EmailAddress: (make_email_address, erase_email_addresses),
}
GO_WITH_ANOTHER = {
    LetterPicture: "its letter: erase_letters deletes it",
    DataRequest: "its age, or all of its person: erase_expired and erase_person",
    OutgoingMail: "its age: erase_expired deletes it, read or not",
}


def encrypted(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]


def test_each_model_with_an_encrypted_field_is_erased():
    models = {model for model in apps.get_app_config("letters").get_models() if encrypted(model)}

    assert models == ERASED.keys() | GO_WITH_ANOTHER.keys()


@pytest.mark.parametrize("model", ERASED, ids=lambda model: model.__name__)
@pytest.mark.django_db
def test_no_encrypted_field_outlives_its_erasure(model):
    make, erase = ERASED[model]
    row = make()
    names = encrypted(model)
    for name in names:
        setattr(row, name, f"somebody's {name}")
    row.save(update_fields=names)

    erase(model.objects.filter(pk=row.pk))

    left = model.objects.filter(pk=row.pk).values(*names)
    assert [one for one in left if any(one.values())] == []
