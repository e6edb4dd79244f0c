"""Where files lie: whether they can be written, who else can read them, how much room is left."""

import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext as _

from cases import stores
from write4rights.health.results import Result, ok, red, warning

MB = 1_000_000
RED_BELOW, WARNING_BELOW = 300 * MB, 2_000 * MB
OTHERS = 0o077  # what a file may be for anybody but its owner


STORES = {
    "MEDIA_ROOT": "default",
    "PRIVATE_ROOT": "private",
    "RENDERED_DIR": "rendered",
}


def folders() -> list[Result]:
    found = [_storage(name, alias) for name, alias in STORES.items()]
    runtime = Path(settings.RUNTIME_DIR)
    found.append(_folder("RUNTIME_DIR", runtime))
    media, private = _location("default"), _location("private")
    found += _open_to_others("PRIVATE_ROOT", private) + _open_to_others("RUNTIME_DIR", runtime)
    if media and private and private.is_relative_to(media):
        said = "PRIVATE_ROOT lies below MEDIA_ROOT, which everybody is served."
        found.append(red("PRIVATE_ROOT", said, "Move it beside MEDIA_ROOT."))
    return found


def failing() -> Result:
    """What readers have noticed in the last seconds; nothing is asked for it."""
    names = [name for name, alias in STORES.items() if alias in stores.failing()]
    if not names:
        return ok("storage", "No storage has failed in the last seconds.")
    said = f"Files can’t be read or written where {', '.join(names)} says."
    return warning("storage", said, "Run `manage.py doctor`, which says more.")


def user() -> Result:
    """Whoever asks has to be who serves, or the answer is about somebody else."""
    if os.geteuid() == 0:
        said = "You ask as root, who may write everywhere: that says little of the site’s user."
        return warning("user", said, "Ask as that user: `sudo -u USER … manage.py doctor`.")
    return ok("user", "You ask as a user who is not root.")


def _storage(name: str, alias: str) -> Result:
    if folder := _location(alias):
        return _folder(name, folder)
    storage = storages[alias]
    try:
        storage.delete(storage.save("doctor.txt", ContentFile(b"asked by manage.py doctor")))
        storage.exists("no-such-file.txt")  # S3 refuses to say so to keys that may not list
    except Exception as error:  # each kind of storage has its own
        said = f"Files can’t be kept where {name} says: {type(error).__name__}."
        cure = "Look at its address and bucket. Its keys need to list, read, write and delete."
        return red(name, said, cure)
    return ok(name, "It can be written.")


def _location(alias: str) -> Path | None:
    """The folder of a storage; it has none if it is S3."""
    storage = storages[alias]
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def _folder(name: str, folder: Path) -> Result:
    try:
        # What is missing makes itself, if that which is there can be written.
        there = next(path for path in [folder, *folder.parents] if path.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        said = f"{name} can’t be written: {error.strerror} ({folder})."
        return red(name, said, "Give it to the user who runs the site.")
    return ok(name, f"It can be written ({folder}).")


def _open_to_others(name: str, folder: Path | None) -> list[Result]:
    if folder and folder.exists() and folder.stat().st_mode & OTHERS:
        said = f"Others on this machine can look into {name} ({folder})."
        return [red(name, said, f"`chmod 700 {folder}`")]
    return []


def disk() -> Result:
    """Of the disk with the least room."""
    left, folder = min((_left(folder), folder) for folder in _all_folders())
    said = _("%(room)s left on the disk of %(folder)s.")
    said %= {"room": f"{left / 1_000 / MB:,.1f} GB", "folder": folder}
    cure = _("Make room: when it is full, nothing more can be saved. RENDERED_DIR may be emptied.")
    if left < RED_BELOW:
        return red("disk", said, cure)
    return warning("disk", said, cure) if left < WARNING_BELOW else ok("disk", said)


def _all_folders() -> list[Path]:
    folders = [Path(settings.RUNTIME_DIR)]
    folders += [folder for alias in STORES.values() if (folder := _location(alias))]
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and "memory" not in str(database["NAME"]):
        folders.append(Path(database["NAME"]).parent)
    return [next(p for p in [f.absolute(), *f.absolute().parents] if p.exists()) for f in folders]


def _left(folder: Path) -> int:
    return shutil.disk_usage(folder).free
