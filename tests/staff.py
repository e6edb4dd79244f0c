"""People who are signed in, for tests of what staff see."""

import itertools

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client

numbers = itertools.count(1)
PASSWORD = "a long password for tests"

roles: dict[str, list[tuple]] = {}  # as the migrations made them: which rights each has


def note_roles() -> None:
    """Before a test that commits empties all tables."""
    for group in Group.objects.prefetch_related("permissions__content_type"):
        roles[group.name] = [right.natural_key() for right in group.permissions.all()]


@transaction.atomic
def give_roles() -> None:
    """Make them again, if such a test came before."""
    if Group.objects.exists():
        return
    rights = Permission.objects.select_related("content_type")
    known = {right.natural_key(): right for right in rights}
    for name, keys in roles.items():
        Group.objects.create(name=name).permissions.set([known[key] for key in keys])


def make_staff(*roles: str, **fields):
    """Somebody of the staff with these roles, and no other permission."""
    number = next(numbers)
    fields = {"username": f"staff-{number}", "is_staff": True} | fields
    person = get_user_model().objects.create_user(password=PASSWORD, **fields)
    person.groups.set(Group.objects.filter(name__in=roles))
    return person


def signed_in(*roles: str, **fields) -> Client:
    """A browser in which somebody with these roles is signed in: `client.person`."""
    client = Client()
    client.person = make_staff(*roles, **fields)
    client.force_login(client.person)
    return client


def text(response) -> str:
    """What stands on the page."""
    return response.content.decode()


def said(response) -> list[str]:
    """The messages on the page that a redirect led to."""
    return [str(message) for message in response.context["messages"]]


def form_data(response) -> dict[str, object]:
    """What a browser would send if nothing on the change page were touched."""
    data: dict[str, object] = {"_version": response.context.get("version", "")}
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            if field.widget_type == "clearablefile" or value is None or value is False:
                continue
            data[field.html_name] = value
    return data
