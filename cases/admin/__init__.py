"""The admin of cases. The order of registration is the order on its first page."""

from cases.admin import (  # noqa: I001
    cases,  # noqa: F401
    second_looks,  # noqa: F401
    targets,  # noqa: F401
    model_letters,  # noqa: F401
    outcomes,  # noqa: F401
    word_lists,  # noqa: F401
    postage,  # noqa: F401
    editions,  # noqa: F401
)

__all__: list[str] = []
