from django.db import models
from django.db.models.fields.related_descriptors import ReverseOneToOneDescriptor


class _RowOrNone(ReverseOneToOneDescriptor):
    def __get__(self, instance, cls=None):
        try:
            return super().__get__(instance, cls)
        except self.RelatedObjectDoesNotExist:
            return None


class OneToOneOrNoneField(models.OneToOneField):
    """A one-to-one field whose other side is None, not an error, where there is no row."""

    related_accessor_class = _RowOrNone

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.OneToOneField", args, kwargs
