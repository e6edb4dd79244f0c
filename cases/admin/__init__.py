"""The admin of cases. The order of registration is the order on its first page."""

from cases.admin import (  # noqa: I001
    cases,
    second_looks,
    targets,
    model_letters,
    outcomes,
    word_lists,
    postage,
    editions,
)
