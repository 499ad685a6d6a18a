"""Static files with a hash in the name, ES module imports too, and the style sheets joined."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The sheet that names all others in their order. Pages link only this one.
SHEET = "css/endstate.css"
IMPORT = re.compile(r'^@import "([\w-]+\.css)";\n', re.MULTILINE)

# A name, and where its text is found: the storage and the path in it.
Sources = dict[str, tuple[StaticFilesStorage, str]]


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed; where nothing was collected (tests, DEBUG) the plain names serve."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def url(self, name: str, force: bool = False) -> str:
        """The address of a static file: hashed once collected, plain before."""
        if not (settings.STATIC_ROOT / "staticfiles.json").exists():
            return f"{self.base_url}{name}"
        return super().url(name, force)  # type: ignore[no-any-return]

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Join the sheets before they get their hashes: a page asks once for all of them."""
        if SHEET in paths and not dry_run:
            text = joined(paths)
            self.delete(SHEET)
            self.save(SHEET, ContentFile(text.encode()))
            paths[SHEET] = (self, SHEET)
        yield from super().post_process(paths, dry_run, **options)


def joined(paths: Sources) -> str:
    """The text of ``SHEET`` with every sheet it imports in the place of the import."""

    def text_of(name: str) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            return file.read().decode()  # type: ignore[no-any-return]

    return IMPORT.sub(lambda found: text_of(f"css/{found[1]}"), text_of(SHEET))
