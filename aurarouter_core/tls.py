"""The two files of a server's TLS, looked at before it listens, so that what is wrong is said of the right one."""

from __future__ import annotations

from pathlib import Path

from aurarouter_hooks import ConfigError

HINT = "It has to be a PEM file; see 'aurarouter config show --origin' for where it is set."


def check_files(certificate: str, key: str, section: str) -> None:
    """See to it that a server can be begun with these files.

    Args:
        certificate: PEM file of the certificate, with those above it.
        key: PEM file of its private key.
        section: What the configuration calls the settings that name them.

    Raises:
        ConfigError: It can't.
    """
    import ssl  # few servers have TLS

    for name, path in (("certificate", certificate), ("key", key)):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise ConfigError(f"{section}.{name}: {path} can't be read: {error.strerror}", hint=HINT) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(certificate)
    except ssl.SSLError as error:
        raise ConfigError(f"{section}.certificate: {certificate} holds no certificate", hint=HINT) from error
    try:
        context.load_cert_chain(certificate, key, password=_nobody_is_asked)
    except (ssl.SSLError, ValueError) as error:
        other = getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
        why = f"is not the key of {certificate}" if other else "holds no private key, or one with a passphrase"
        raise ConfigError(f"{section}.key: {key} {why}", hint=HINT) from error


def _nobody_is_asked() -> str:
    raise ValueError("the key has a passphrase")
