"""Going back to how something was, by the way of its change page.

What was written then is put into the form that this person would get on the change page, and saved
as that page saves it: what they may not change there is not changed here, and every rule that a
save keeps, a restore keeps too.
"""

import enum

from django import forms
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from modeltrans.fields import TranslatedVirtualField

from cases.admin.history import parts_of
from cases.admin.removal import is_marked


class NotRestored(Exception):
    """The old version does not fit any more; `errors` are sentences for who tried."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(" ".join(errors))
        self.errors = errors


def may_restore(request: HttpRequest, model_admin, thing: models.Model, record) -> bool:
    """Whether this person may change today what the version is of."""
    if not model_admin.has_change_permission(request, thing):
        return False
    if _is_of(record, thing):
        return True
    inline = inline_of(request, model_admin, thing, record)
    if inline is None:
        return False
    if row_now(thing, record) is None:
        return inline.has_add_permission(request, thing)
    return inline.has_change_permission(request, thing)


class Restored(enum.Enum):
    DONE = "done"
    NOT_NEEDED = "not needed"  # nothing differs
    WAITS = "waits"  # some of it, for a second person: see cases/publishing/second_look.py


def restore(request: HttpRequest, model_admin, thing: models.Model, record) -> Restored:
    """Bring the version back. Call it in a transaction.

    Raises NotRestored if the form does not take it.
    """
    reason = _("Restored the version of %(when)s") % {"when": said_when(record)}
    act = _restore_thing if _is_of(record, thing) else _restore_part
    asked = act(request, model_admin, thing, record, reason)
    if not asked:
        return Restored.NOT_NEEDED
    row = row_now(thing, record)
    if row is not None:
        row.refresh_from_db()
    then = record.instance
    stored = {field.name for field in record.tracked_fields} & set(asked)
    is_there = row is not None and all(getattr(row, name) == getattr(then, name) for name in stored)
    return Restored.DONE if is_there else Restored.WAITS


def _restore_thing(request, model_admin, thing, record, reason: str) -> list[str]:
    """The fields that were asked to be as they were."""
    form_class = model_admin.get_form(request, thing, change=True)
    data = _said(form_class(instance=thing))
    data |= _said_then(form_class(instance=record.instance), record)
    form = form_class(data, instance=thing)
    if not form.is_valid():
        raise NotRestored(_sentences(form))
    if not form.has_changed():
        return []
    changed = model_admin.save_form(request, form, change=True)
    changed._change_reason = reason
    model_admin.save_model(request, changed, form, change=True)
    model_admin.save_related(request, form, [], change=True)
    model_admin.log_change(request, changed, reason)
    return form.changed_data


def _restore_part(request, model_admin, thing, record, reason: str) -> list[str]:
    inline = inline_of(request, model_admin, thing, record)
    if inline is None:
        raise PermissionDenied
    formset_class = inline.get_formset(request, thing)
    prefix = formset_class.get_default_prefix()
    rows = inline.get_queryset(request)
    stands = formset_class(instance=thing, prefix=prefix, queryset=rows)
    data = _said(stands.management_form)
    for form in stands.initial_forms:
        data |= _said(form)
    now = row_now(thing, record)
    place = next(
        (place for place, form in enumerate(stands.initial_forms) if form.instance == now),
        len(stands.initial_forms),
    )
    total = max(place + 1, len(stands.initial_forms))
    data[f"{prefix}-TOTAL_FORMS"] = total
    then = formset_class.form(instance=record.instance, prefix=f"{prefix}-{place}")
    data |= _said_then(then, record)
    formset = formset_class(data, instance=thing, prefix=prefix, queryset=rows)
    if not formset.is_valid():
        raise NotRestored(
            [sentence for form in formset.forms for sentence in _sentences(form)]
            + [str(error) for error in formset.non_form_errors()]
        )
    part = formset.forms[place]
    if not part.has_changed():
        return []
    if now is None and not _is_only_one(thing, type(record.instance)):
        part.instance.pk = record.id  # the same row, so that whoever presses twice finds it
    part.instance._change_reason = reason
    form_class = model_admin.get_form(request, thing, change=True)
    form = form_class(_said(form_class(instance=thing)), instance=thing)
    if not form.is_valid():
        raise NotRestored(_sentences(form))
    form.save(commit=False)
    model_admin.save_related(request, form, [formset], change=True)
    model_admin.log_change(request, thing, f"{reason}: {record.instance}")
    return part.changed_data


def inline_of(
    request: HttpRequest, model_admin, thing, record
) -> admin.options.InlineModelAdmin | None:
    """The part of the change page on which this person finds it; None if they don't."""
    model = type(record.instance)
    inlines = model_admin.get_inline_instances(request, thing)
    return next((inline for inline in inlines if inline.model is model), None)


def row_now(thing: models.Model, record) -> models.Model | None:
    """What became of the row: itself, or what took the only place there is."""
    if _is_of(record, thing):
        return thing
    model = type(record.instance)
    rows = model.objects.filter(**{parts_of(thing)[model]: thing})
    return rows.first() if _is_only_one(thing, model) else rows.filter(pk=record.id).first()


def _is_only_one(thing: models.Model, model: type[models.Model]) -> bool:
    """Whether the thing has one part of this model, whichever key it has."""
    path = parts_of(thing)[model]
    return path == "case" and isinstance(model._meta.get_field(path), models.OneToOneField)


def said_when(record) -> str:
    return date_format(timezone.localtime(record.history_date), "DATETIME_FORMAT")


def _is_of(record, thing: models.Model) -> bool:
    return type(record.instance) is type(thing)


def _said(form: forms.BaseForm) -> dict[str, object]:
    """What a browser would send of this form if nothing were touched."""
    return {
        bound.html_name: bound.value()
        for bound in form
        if not isinstance(bound.field, forms.FileField) and bound.value() is not None
    }


def _said_then(form: forms.BaseModelForm, record) -> dict[str, object]:
    """Of the fields whose earlier words are known, and are not such as were removed."""
    kept = {field.name for field in record.tracked_fields}
    found = {}
    for bound in form:
        if isinstance(bound.field, forms.FileField):
            continue  # its file may be gone
        try:
            field = form._meta.model._meta.get_field(bound.name)
        except FieldDoesNotExist:
            continue
        is_known = bound.name in kept or isinstance(field, TranslatedVirtualField)
        if is_known and not is_marked(bound.value()):
            found[bound.html_name] = "" if bound.value() is None else bound.value()
    return found


def _sentences(form: forms.BaseModelForm) -> list[str]:
    found = []
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        found += [f"{label}: {error}" if label else str(error) for error in errors]
    return found
