"""Whether the site is well: small checks, each of which answers with a sentence and what to do.

`manage.py doctor` makes all of them, /readyz and the first page of the staff those that are cheap:
see `checks.py`.
"""
