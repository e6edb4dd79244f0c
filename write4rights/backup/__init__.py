"""Backups: database and media in one encrypted file, and the erasure list beside it.

`archive` writes and reads the file, `databases` has what differs between SQLite and PostgreSQL,
`erasure_files` copies the erasure list, `making`, `restoring` and `drilling` are what the commands
do. docs/operations.md, “Backups”.
"""


class BackupError(Exception):
    """What went wrong, in one sentence for whoever runs the server."""
