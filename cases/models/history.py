from modeltrans.fields import TranslatedVirtualField
from simple_history.models import HistoricalRecords


class History(HistoricalRecords):
    """Who changed what, for editorial rows only: it would keep what we promise to erase."""

    def fields_included(self, model):
        # A translation is stored in `i18n`; its virtual fields have no column to copy.
        return [
            field
            for field in super().fields_included(model)
            if not isinstance(field, TranslatedVirtualField)
        ]
