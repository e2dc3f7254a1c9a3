"""Static files under hashed names, compressed, with the imports inside our own JavaScript rewritten too."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, MODULE_IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class StaticStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # Not "*.js": files of other packages import names that only their own import maps know.
    _js_module_import_aggregation_patterns = ("js/*.js", MODULE_IMPORTS)
