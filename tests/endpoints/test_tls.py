"""Certificates are checked, unless an endpoint's configuration says otherwise."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conversations.protocol import EndpointError, ErrorKind, Retry
from tests.endpoints.wire import DONE, event, message, read_items, text_of


@pytest.fixture
async def self_signed_url(tmp_path: Path):
    """The base URL of a server with a certificate that nobody has signed."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=event("private", "stop") + DONE)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


def write_certificate(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    format_ = serialization.PrivateFormat.TraditionalOpenSSL
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, format_, serialization.NoEncryption()))


async def test_untrusted_certificate_is_refused_in_plain_words(self_signed_url, make_client):
    with pytest.raises(EndpointError) as caught:
        await read_items(make_client(self_signed_url), message())
    assert (caught.value.kind, caught.value.retry) == (ErrorKind.UNREACHABLE, Retry.NO)
    host = self_signed_url.removeprefix("https://").removesuffix("/v1")
    assert str(caught.value) == f"The certificate of {host} is not trusted (self-signed certificate)."


async def test_untrusted_certificate_may_be_allowed(self_signed_url, make_client):
    assert text_of(await read_items(make_client(self_signed_url, verify_tls=False), message())) == "private"
