"""A certificate authority of the cell's own, and a certificate for each of its machines and apps."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence

from attrs import field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS, DAYS = 3650, 825
HERE = ("localhost", "127.0.0.1", "::1")


@frozen
class Pair:
    """A certificate and its private key, in PEM form."""

    cert: bytes
    key: bytes = field(repr=False)

    @property
    def until(self) -> datetime.date:
        """The last day on which it is taken."""
        return x509.load_pem_x509_certificate(self.cert).not_valid_after_utc.date()


class Authority:
    """Signs for one cell. Its key is needed again for machines and apps that are added later and for what has expired.

    Args:
        cert: Its own certificate.
        key: The key that signs.
    """

    def __init__(self, cert: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._cert, self._key = cert, key
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())

    @classmethod
    def new(cls, name: str) -> Authority:
        """The authority of a new cell with this name."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(f"{name} authority")
        builder = _builder(subject, subject, key.public_key(), _after(days=CA_DAYS))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def of(cls, pair: Pair) -> Authority:
        """The one that these belong to.

        Raises:
            ValueError: They can't be read, don't belong together, or sign nothing any more.
        """
        cert, key = x509.load_pem_x509_certificate(pair.cert), serialization.load_pem_private_key(pair.key, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or cert.public_key() != key.public_key():
            raise ValueError("the key does not belong to the certificate")
        if cert.not_valid_after_utc <= _after(days=0):
            raise ValueError(f"the authority has expired on {cert.not_valid_after_utc:%Y-%m-%d}")
        return cls(cert, key)

    @property
    def pair(self) -> Pair:
        """The authority's own."""
        return Pair(self._cert.public_bytes(serialization.Encoding.PEM), _pem(self._key))

    def issue(self, name: str, hosts: Sequence[str] = ()) -> Pair:
        """A certificate for a machine under these names and addresses, or for an app under none."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = min(_after(days=DAYS), self._cert.not_valid_after_utc)
        builder = _builder(_name(name), self._cert.subject, key.public_key(), until)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        builder = builder.add_extension(issuer, critical=False)
        if hosts:
            names = [_host(host) for host in dict.fromkeys([*hosts, *HERE])]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        cert = builder.sign(self._key, hashes.SHA256())
        return Pair(cert.public_bytes(serialization.Encoding.PEM), _pem(key))


def _after(**time: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(**time)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, until: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_after(hours=-1))  # clocks differ
        .not_valid_after(until)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
