"""Any httpx client can keep to the policy, and TLS is checked against the name, not the address that is dialled."""

import datetime
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conversations.network import AddressRefused, NetworkPolicy, PolicyTransport

LOOPBACK = NetworkPolicy(allowed=("127.0.0.1",))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of good.example, with its key in the same file."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "good.example")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.example")]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "good.pem"
    key = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key)
    return path


async def test_the_certificate_must_be_that_of_the_name(serve: Any, names: Any, certificate: Path) -> None:
    asked_for: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda connection, name, _: asked_for.append(name)

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=request.host)

    port = (await serve(handler, ssl_context=context)).partition(":")[2]
    names.answers = {"good.example": [["127.0.0.1"]] * 2, "evil.example": [["127.0.0.1"]]}
    trust = ssl.create_default_context(cafile=str(certificate))
    async with httpx.AsyncClient(
        transport=PolicyTransport(LOOPBACK, context=trust), trust_env=False
    ) as client:
        answer = await client.get(f"https://good.example:{port}/")
        assert answer.text == f"good.example:{port}"
        # The same address, and so what a kept connection would have served.
        with pytest.raises(httpx.ConnectError, match=r"not valid for 'evil\.example'"):
            await client.get(f"https://evil.example:{port}/")
        with pytest.raises(httpx.ConnectError, match=r"not valid for '127\.0\.0\.1'"):
            await client.get(f"https://127.0.0.1:{port}/")
    assert asked_for == ["good.example", "evil.example", None]


async def test_redirects_that_a_client_follows_pass_the_policy_too(serve: Any) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"location": "http://169.254.169.254/latest/meta-data"})

    host = await serve(handler)
    transport = PolicyTransport(NetworkPolicy(allowed=(host,)))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True, trust_env=False) as client:
        with pytest.raises(AddressRefused):
            await client.get(f"http://{host}/")


async def test_a_body_is_sent_to_the_address_that_answers(serve: Any, names: Any) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(body=await request.read())

    port = (await serve(handler)).partition(":")[2]
    names.answers = {"two.example": [["127.0.0.2", "127.0.0.1"]]}
    transport = PolicyTransport(NetworkPolicy(allowed=("two.example",)))
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        answer = await client.post(f"http://two.example:{port}/", content=b"question")
    assert answer.content == b"question"
