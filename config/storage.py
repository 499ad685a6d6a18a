"""Static files with a hash in the name, ES module imports included."""

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed and compressed; where nothing was collected (tests, DEBUG) the plain names serve."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def url(self, name: str, force: bool = False) -> str:
        """The address of a static file: hashed once collected, plain before."""
        if not (settings.STATIC_ROOT / "staticfiles.json").exists():
            return f"{self.base_url}{name}"
        return super().url(name, force)  # type: ignore[no-any-return]
