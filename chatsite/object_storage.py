"""The STORAGES entry of a bucket behind the S3 protocol: AWS itself, or any server that speaks as it does.

Invariant: files are private. No access list is sent, so they have the bucket's own; whoever may see a file gets it
through the site, and an address that the storage makes is signed and ends soon.
"""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
# A file that is opened for writing stays in memory up to here, and goes on in a temporary file. The storage's own limit
# is none. Reading: see BucketStorage.
WRITTEN_IN_MEMORY = 4 << 20
SIGNED_SECONDS = 300
CONNECT_SECONDS = 10


def bucket_name(raw: str) -> str:
    """`raw` as it is. Raises ValueError."""
    if not BUCKET.fullmatch(raw):
        raise ValueError(f"{raw!r} is no name of a bucket (without s3:// and without a path)")
    return raw


def object_storage(
    bucket: str, *, endpoint_url: str, region: str, access_key_id: str, secret_access_key: str, prefix: str
) -> dict[str, Any] | None:
    """Django's settings of one storage; None without a bucket, and then the others must be empty too.

    Without a key, the key is what the machine has: AWS's own variables, its profile or its role.
    """
    if not bucket:
        others = {
            "S3_ENDPOINT_URL": endpoint_url,
            "S3_REGION": region,
            "S3_ACCESS_KEY_ID": access_key_id,
            "S3_SECRET_ACCESS_KEY": secret_access_key,
            "S3_PREFIX": prefix,
        }
        if given := [name for name, value in others.items() if value]:
            raise ImproperlyConfigured(f"{', '.join(given)}: these mean nothing without S3_BUCKET.")
        return None
    if bool(access_key_id) is not bool(secret_access_key):
        raise ImproperlyConfigured("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: set both, or neither.")
    # Imported here: whoever keeps files on disk need not wait for it.
    from botocore.config import Config

    options = {
        "bucket_name": bucket,
        "location": prefix.strip("/"),
        "endpoint_url": endpoint_url or None,
        "region_name": region or None,
        "access_key": access_key_id or None,
        "secret_key": secret_access_key or None,
        "file_overwrite": False,
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": SIGNED_SECONDS,
        "max_memory_size": WRITTEN_IN_MEMORY,
        "client_config": Config(
            signature_version="s3v4",
            # Servers other than AWS seldom have a name of its own for each bucket.
            s3={"addressing_style": "path" if endpoint_url else "auto"},
            # … and many know nothing of the checksums that boto3 would add and expect otherwise.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=CONNECT_SECONDS,
            retries={"mode": "standard"},
        ),
    }
    return {"BACKEND": "chatsite.bucket_files.BucketStorage", "OPTIONS": options}
