"""A second save never undoes the first (docs/safety.md 22).

Each form in the admin carries what was stored when it was opened: a short hash of every field, of
the object and of each row under it. Whoever saves is compared with what is stored by then:

- if only one of the two changed a field, that change stands: nobody's untouched field puts an old
  text back;
- if both did, differently, nothing is saved, and a page shows both and asks which one to keep.

Rows that were added or deleted meanwhile are treated the same way. Comparing and saving happen in
one transaction that has locked the object and its rows.
"""

import datetime
import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.forms.formsets import DELETION_FIELD_NAME as DELETE
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.admin.history import Span, highlight_changes
from cases.admin.row_numbers import row_number
from cases.models import Case

FIELD = "_version"  # of the form, signed
ASKED = "asked:"  # before the key of a question: the state it was asked about,
ANSWER = "keep:"  # and what to keep
STORED, MINE = "stored", "mine"  # the two answers
SALT = "cases.admin.versions"
MAX_FORM_AGE = datetime.timedelta(days=1)
MAX_RECORDS = 50  # of a row's history, looked through for who changed a field

Hashes = dict[str, str]  # by name of the field


@dataclass
class Seen:
    """What was stored when a form was opened."""

    fields: Hashes = field(default_factory=dict)
    rows: dict[str, dict[str, Hashes]] = field(default_factory=dict)  # by prefix, by primary key


class Question(NamedTuple):
    """A field, or a whole row, that two people changed in different ways."""

    key: str
    kind: str  # "field", "file", or of a row "deleted" (by them) or "deleting" (by this form)
    part: str  # "demand “Free her”", or "" for the object itself
    label: str
    stored: str
    typed: str
    by: str
    at: datetime.datetime | None
    state: str  # what is stored, as a hash: an answer is about this, and nothing newer
    widget: forms.BoundField | None = None  # to go on typing in

    @property
    def highlighted(self) -> list[Span]:
        """From what is stored to what was typed."""
        return highlight_changes(self.stored, self.typed)


@dataclass
class Merge:
    """What is to be saved, what has to be asked first, and what came from others."""

    request: HttpRequest
    data: QueryDict
    now: Seen = field(default_factory=Seen)
    questions: list[Question] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def answer(self, key: str, state: str) -> str:
        """STORED, MINE, or "" if this was not asked, or if it was saved once more since."""
        is_of_this = self.request.POST.get(ASKED + key) == state
        answer = self.request.POST.get(ANSWER + key)
        return answer if is_of_this and answer in (STORED, MINE) else ""

    def ask(self, row: models.Model, name: str | None = None, **words) -> None:
        by, at = _who_changed(row, name)
        self.questions.append(Question(by=by, at=at, **words))


class VersionCheckMixin(admin.ModelAdmin):
    """For every admin with a form; stands before ModelAdmin among its bases."""

    def changeform_view(
        self, request: HttpRequest, object_id=None, form_url="", extra_context=None
    ) -> HttpResponse:
        usual = super().changeform_view
        if request.method != "POST" or object_id is None or "_saveasnew" in request.POST:
            return usual(request, object_id, form_url, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            _lock(self.model, unquote(object_id))
            obj = self.get_object(request, unquote(object_id))
            if not self.has_change_permission(request, obj):
                return usual(request, object_id, form_url, extra_context)
            if obj is None:
                return self._gone_page(request, unquote(object_id))
            merge = _merged(self, request, obj)
            if merge.questions:
                return self._questions_page(request, obj, merge)
            request.POST = merge.data  # type: ignore[assignment]  # Django reads it only
            version = _sign(request, self.model, obj.pk, merge.now)
            context = {"version": version} | (extra_context or {})
            response = usual(request, object_id, form_url, context)
        if merge.taken and response.status_code == 302:
            message = _("Somebody else changed this in the meantime, and it was kept: %(what)s.")
            messages.info(request, message % {"what": ", ".join(dict.fromkeys(merge.taken))})
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if "version" not in context:
            formsets = [inline.formset for inline in context["inline_admin_formsets"]]
            seen = _seen(context["adminform"].form, formsets)
            context["version"] = _sign(request, self.model, obj and obj.pk, seen)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _questions_page(self, request: HttpRequest, obj, merge: Merge) -> HttpResponse:
        """Both texts side by side; all else that was typed is carried along unseen."""
        shown = {one.widget.html_name for one in merge.questions if one.widget}
        context = {
            "title": _("Somebody else has saved this too"),
            "original": obj,
            "questions": merge.questions,
            "taken": list(dict.fromkeys(merge.taken)),
            "carried": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in shown and not name.startswith((ANSWER, ASKED, "csrf"))
                for value in values
            ],
            "is_unanswered": any(name.startswith(ASKED) for name in request.POST),
            "files": [file.name for _field, files in request.FILES.lists() for file in files],
        }
        return self._meanwhile_page(request, "both_changed", context)

    def _gone_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Somebody deleted it: what was typed stands on the page, to be copied."""
        typed = _texts(self.get_form(request, None, change=False)(request.POST))
        for formset_class, _inline in self.get_formsets_with_inlines(request, None):
            prefix = formset_class.get_default_prefix()
            formset = formset_class(request.POST, instance=self.model(), prefix=prefix)
            for row in formset.forms if formset.management_form.is_valid() else []:
                typed += _texts(row)
        by, at = _last_logged(self.model, object_id)
        context = {"title": _("It was deleted in the meantime"), "typed": typed, "by": by, "at": at}
        return self._meanwhile_page(request, "gone_meanwhile", context)

    def _meanwhile_page(self, request: HttpRequest, name: str, context: dict) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/{name}.html", context, status=409)


def opened_by(request: HttpRequest) -> str:
    """The key of the person whom the site gave this form to, here and today; "" if it never did."""
    try:
        value = signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=MAX_FORM_AGE)
    except signing.BadSignature:
        return ""
    return value["by"] if value["at"] == request.path else ""


# --- what is stored, and what was seen


def _lock(model: type[models.Model], object_id: str) -> None:
    """Until the transaction ends, nobody else saves the object, here or by a file.

    Nor its case, and that first: the page of a case locks in this order, and two who save at the
    same time would else wait for each other.
    """
    models_to_lock = [(model, "pk")]
    for tie in model._meta.fields:
        if tie.name == "case" and isinstance(tie, models.ForeignKey):
            models_to_lock.insert(0, (Case, tie.related_query_name()))
    try:
        for each, key in models_to_lock:
            rows = each._default_manager.order_by().select_for_update(of=["self"], no_key=True)
            list(rows.filter(**{key: object_id}).values_list("pk", flat=True))
    except (ValueError, ValidationError):
        return  # there is no such object


def _lock_rows(formset_class: type[forms.BaseInlineFormSet], obj: models.Model) -> None:
    """Some rows have a page of their own too."""
    of_obj = {formset_class.fk.name: obj}  # type: ignore[attr-defined]  # the field itself
    rows = formset_class.model._default_manager.filter(**of_obj)
    rows = rows.order_by("pk").select_for_update(of=["self"], no_key=True)
    list(rows.values_list("pk", flat=True))


def _sign(request: HttpRequest, model: type[models.Model], pk, seen: Seen) -> str:
    value = {
        "of": f"{model._meta.label_lower}:{pk}",
        "by": str(request.user.pk),
        "at": request.path,
        "fields": seen.fields,
        "rows": seen.rows,
    }
    return signing.dumps(value, salt=SALT, compress=True)


def _opened(request: HttpRequest, obj: models.Model) -> Seen:
    """What the form was opened with. A form without it counts as older than everything."""
    try:
        value = signing.loads(request.POST.get(FIELD, ""), salt=SALT)
    except signing.BadSignature:
        return Seen()
    if value["of"] != f"{obj._meta.label_lower}:{obj.pk}":
        return Seen()
    return Seen(value["fields"], value["rows"])


def _seen(form: forms.ModelForm, formsets: Iterable[forms.BaseInlineFormSet]) -> Seen:
    rows = {
        str(formset.prefix): {str(row.instance.pk): _hashes(row) for row in formset.initial_forms}
        for formset in formsets
    }
    return Seen(_hashes(form), rows)


def _hashes(form: forms.ModelForm) -> Hashes:
    return {name: _hash(_stored(form, name)) for name in _compared(form)}


def _hash(value: str) -> str:
    return hashlib.blake2b(value.encode(), digest_size=8).hexdigest()


def _compared(form: forms.ModelForm) -> list[str]:
    """The fields somebody can change: not those that tie a row to its object."""
    ties = {DELETE, form.instance._meta.pk.name}
    return [
        name
        for name, one in form.fields.items()
        if name not in ties
        and not one.disabled
        and not isinstance(one, forms.models.InlineForeignKeyField)
    ]


def _texts_of(form: forms.ModelForm) -> list[str]:
    return [name for name in _compared(form) if not isinstance(form.fields[name], forms.FileField)]


def _stored(form: forms.ModelForm, name: str) -> str:
    one = form.fields[name]
    initial = form.get_initial_for_field(one, name)
    if isinstance(one, forms.FileField):
        return getattr(initial, "name", None) or ""
    return _plain(one, initial)


def _typed(form: forms.ModelForm, name: str) -> str:
    return _plain(form.fields[name], form[name].data)


def _plain(one: forms.Field, value: Any) -> str:
    """The same text for what is stored and for what a browser sends of it."""
    if isinstance(one, forms.ModelChoiceField):
        many = value if isinstance(value, list | tuple | models.QuerySet) else [value]
        keys = [str(getattr(item, "pk", item)) for item in many if item not in (None, "")]
        return "\n".join(sorted(keys))
    with suppress(ValidationError):  # then it is compared as typed; the form says what is wrong
        value = one.to_python(value)
    if value is None or value is False or value == []:
        return ""
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value).replace("\r\n", "\n").strip()


# --- comparing


def _merged(model_admin: admin.ModelAdmin, request: HttpRequest, obj: models.Model) -> Merge:
    opened = _opened(request, obj)
    merge = Merge(request, request.POST.copy())
    form_class = model_admin.get_form(request, obj, change=True)
    stored = form_class(instance=obj)
    merge.now.fields = _hashes(stored)
    if merge.now.fields != opened.fields:
        typed = form_class(merge.data, request.FILES, instance=obj)
        _merge_fields(merge, stored, typed, opened.fields, key="", part="")
    for formset_class, inline in model_admin.get_formsets_with_inlines(request, obj):
        _lock_rows(formset_class, obj)
        rows = {
            "instance": obj,
            "prefix": formset_class.get_default_prefix(),
            "queryset": inline.get_queryset(request),
        }
        if inline.has_change_permission(request, obj):
            _merge_rows(merge, formset_class, rows, opened.rows.get(rows["prefix"], {}))
    return merge


def _merge_fields(
    merge: Merge,
    stored: forms.ModelForm,
    typed: forms.ModelForm,
    opened: Hashes,
    *,
    key: str,
    part: str,
) -> None:
    """`stored` is a form of what is stored now, `typed` one of what was sent, of one object."""
    for name in _compared(stored):
        one, was = stored.fields[name], opened.get(name)
        now, state, label = _stored(stored, name), _hash(_stored(stored, name)), _label(one, name)
        words = {"key": f"{key}:{name}", "part": part, "label": label, "state": state}
        if isinstance(one, forms.FileField):
            # A file can't be carried from page to page: it has to be chosen again.
            sent = merge.request.FILES.get(typed[name].html_name)
            if sent and now and state != was:
                merge.ask(stored.instance, name, kind="file", stored=now, typed=sent.name, **words)
            continue
        mine = _typed(typed, name)
        if mine == now or state == was:
            continue
        answer = merge.answer(words["key"], state)
        if _hash(mine) == was:
            merge.taken.append(f"{part}: {label}" if part else label)
            _send(merge.data, stored, name, typed[name].html_name)
        elif answer == STORED:
            _send(merge.data, stored, name, typed[name].html_name)
        elif answer != MINE:
            merge.ask(
                stored.instance,
                name,
                kind="field",
                stored=_said(one, stored.get_initial_for_field(one, name)),
                typed=_said(one, typed[name].data),
                widget=typed[name],
                **words,
            )


def _merge_rows(merge: Merge, formset_class, rows: dict, opened: dict[str, Hashes]) -> None:
    prefix = rows["prefix"]
    stored = {str(row.instance.pk): row for row in formset_class(**rows).initial_forms}
    merge.now.rows[prefix] = {pk: _hashes(row) for pk, row in stored.items()}
    if merge.now.rows[prefix] == opened and _sends_all(merge.data, prefix, stored):
        return  # nobody else added, changed or deleted one
    typed = formset_class(data=merge.data, files=merge.request.FILES, **rows)
    if not typed.management_form.is_valid():
        return  # Django says so
    pk_name = formset_class.model._meta.pk.name
    old: list[str] = []  # the prefixes of rows that are stored,
    new: list[str] = []  # and of rows to be made
    sent = {row.prefix: str(row[pk_name].data) for row in typed.initial_forms}
    for row in typed.initial_forms:
        pk = sent[row.prefix]
        if pk in stored:
            old.append(row.prefix)
            _merge_row(merge, stored[pk], row, opened.get(pk, {}), f"{prefix}:{pk}")
        elif pk not in opened:
            old.append(row.prefix)  # never was one: Django says so
        elif _goes_on(merge, row, pk, opened[pk], f"{prefix}:{pk}"):
            merge.data[f"{row.prefix}-{pk_name}"] = ""
            new.append(row.prefix)
    free = {pk: row for pk, row in stored.items() if pk not in sent.values()}
    for row in typed.extra_forms:
        twin = None if _is_deleting(row) else _same_row(row, free, formset_class.fk)
        if twin is None:
            new.append(row.prefix)
            continue
        other = free.pop(twin)
        if _is_same(row, other, _texts_of(row)):
            continue  # one form sent twice
        merge.data[f"{row.prefix}-{pk_name}"] = twin
        old.append(row.prefix)
        part = _row_name(other)
        _merge_fields(merge, other, row, _hashes(row), key=f"{prefix}:{twin}", part=part)
    _number(merge.data, prefix, old, new)


def _sends_all(data: QueryDict, prefix: str, stored: dict[str, forms.ModelForm]) -> bool:
    return data.get(f"{prefix}-INITIAL_FORMS") == str(len(stored))


def _merge_row(
    merge: Merge, stored: forms.ModelForm, typed: forms.ModelForm, opened: Hashes, key: str
) -> None:
    part = _row_name(stored)
    if not _is_deleting(typed):
        return _merge_fields(merge, stored, typed, opened, key=key, part=part)
    hashes = _hashes(stored)
    if hashes == opened:
        return None
    state = _hash(str(hashes))
    answer = merge.answer(key, state)
    if answer == STORED:
        del merge.data[f"{typed.prefix}-{DELETE}"]
        for name in _texts_of(stored):
            _send(merge.data, stored, name, typed[name].html_name)
    elif answer != MINE:
        texts = _lines(_texts(stored))
        words = {"kind": "deleting", "part": "", "label": part, "stored": texts, "typed": ""}
        merge.ask(stored.instance, key=key, state=state, **words)
    return None


def _goes_on(merge: Merge, row: forms.ModelForm, pk: str, opened: Hashes, key: str) -> bool:
    """Whether a row that somebody deleted meanwhile is to be made anew."""
    label = capfirst(str(row.instance._meta.verbose_name))
    if _is_deleting(row):
        return False
    if all(_hash(_typed(row, name)) == opened.get(name) for name in _texts_of(row)):
        merge.taken.append(_("%(part)s: deleted") % {"part": label})
        return False
    state = _hash("deleted")
    answer = merge.answer(key, state)
    if not answer:
        texts = _lines(_texts(row))
        words = {"kind": "deleted", "part": "", "label": label, "stored": "", "typed": texts}
        merge.ask(type(row.instance)(pk=pk), key=key, state=state, **words)
    return answer == MINE


def _same_row(
    row: forms.ModelForm, free: dict[str, forms.ModelForm], fk: models.ForeignKey
) -> str | None:
    """The stored row, added meanwhile, of which a new one would be the second."""
    keys: list[list[str]] = [[]] if fk.unique else []
    for constraint in row.instance._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and fk.name in constraint.fields:
            keys.append([name for name in constraint.fields if name != fk.name])
    keys.append(_texts_of(row))
    for names in keys:
        for pk, other in free.items():
            if set(names) <= row.fields.keys() and _is_same(row, other, names):
                return pk
    return None


def _is_same(typed: forms.ModelForm, stored: forms.ModelForm, names: list[str]) -> bool:
    return all(_typed(typed, name) == _stored(stored, name) for name in names)


def _is_deleting(row: forms.ModelForm) -> bool:
    return DELETE in row.fields and bool(row[DELETE].data)


def _number(data: QueryDict, prefix: str, old: list[str], new: list[str]) -> None:
    """Number the rows anew, those that are stored first, and leave out what is in neither list."""
    order = {was: f"{prefix}-{place}" for place, was in enumerate([*old, *new])}
    numbered = {}
    for name in list(data):
        if found := re.match(rf"({re.escape(prefix)}-\d+)-", name):
            values = data.pop(name)
            if found[1] in order:
                numbered[order[found[1]] + name.removeprefix(found[1])] = values
    for name, values in numbered.items():
        data.setlist(name, values)
    data[f"{prefix}-TOTAL_FORMS"] = str(len(order))
    data[f"{prefix}-INITIAL_FORMS"] = str(len(old))


def _send(data: QueryDict, stored: forms.ModelForm, name: str, html_name: str) -> None:
    """What a browser would send if the field showed what is stored."""
    one = stored.fields[name]
    value = one.prepare_value(stored.get_initial_for_field(one, name))
    if isinstance(one, forms.BooleanField):
        values = ["on"] if value else []
    elif isinstance(value, list | tuple | models.QuerySet):
        values = [str(item) for item in value]
    elif isinstance(one, forms.ChoiceField):
        values = [] if value is None else [str(value)]
    else:
        values = [str(one.widget.format_value(value) or "")]
    data.setlist(html_name, values)
    if not values:
        del data[html_name]


# --- in words


def _label(one: forms.Field, name: str) -> str:
    return capfirst(str(one.label or name))


def _row_name(form: forms.ModelForm) -> str:
    words = {"part": form.instance._meta.verbose_name, "name": str(form.instance)[:90]}
    return capfirst(_("%(part)s “%(name)s”") % words)


def _said(one: forms.Field, value: Any) -> str:
    """A field's value as a reader understands it."""
    if isinstance(one, forms.ModelChoiceField) and one.queryset is not None:
        keys = filter(None, map(row_number, _plain(one, value).split("\n")))
        return ", ".join(one.label_from_instance(row) for row in one.queryset.filter(pk__in=keys))
    if isinstance(one, forms.ChoiceField):
        labels = dict(one.choices)  # type: ignore[arg-type]  # pairs, in a form
        return str(labels.get(_plain(one, value), _plain(one, value)))
    if isinstance(one, forms.BooleanField):
        return _("yes") if _plain(one, value) else _("no")
    return _plain(one, value)


def _texts(form: forms.ModelForm) -> list[tuple[str, str]]:
    """What is in the form, by the labels of its fields; nothing of an empty field."""
    found = []
    for name in _texts_of(form):
        one = form.fields[name]
        value = form[name].data if form.is_bound else form.get_initial_for_field(one, name)
        if text := _said(one, value):
            found.append((_label(one, name), text))
    return found


def _lines(texts: list[tuple[str, str]]) -> str:
    return "\n".join(f"{label}: {text}" for label, text in texts)


def _who_changed(
    row: models.Model, name: str | None = None
) -> tuple[str, datetime.datetime | None]:
    """Who stored the row, or this field of it, as it is now, and when."""
    model = type(row)
    is_many = name is not None and model._meta.get_field(name).many_to_many
    if is_many or not hasattr(model, "history"):
        return _last_logged(model, row.pk)
    records = model.history.filter(id=row.pk).select_related("history_user")
    records = list(records.order_by("-history_date", "-history_id")[:MAX_RECORDS])
    found = records[0] if records else None
    for newer, older in pairwise(records):
        found = newer
        if name is None or _recorded(newer, name) != _recorded(older, name):
            break
        found = older
    if found is None:
        return "", None
    return str(found.history_user or _("a command")), found.history_date


def _recorded(record, name: str) -> Any:
    for attribute in [f"{name}_id", name]:
        if hasattr(record, attribute):
            return getattr(record, attribute)
    return (record.i18n or {}).get(name)  # a translation


def _last_logged(model: type[models.Model], pk) -> tuple[str, datetime.datetime | None]:
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id=str(pk)
    )
    entry = entries.select_related("user").order_by("-action_time", "-pk").first()
    return (str(entry.user), entry.action_time) if entry else ("", None)
