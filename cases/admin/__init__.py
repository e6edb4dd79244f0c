"""The admin of cases. The order of registration is the order on its first page."""

from cases.admin import cases, model_letters, outcomes, word_lists, editions  # noqa: F401, I001

__all__: list[str] = []
