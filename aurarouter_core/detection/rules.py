"""What counts as private: every rule, the group that it belongs to, and what each profile does about it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

ACTIONS = ("reroute", "block", "redact", "flag", "allow")
PROFILES = ("strict", "balanced", "off")
TIGHT = frozenset({"reroute", "block"})
"""Actions that no rule can be loosened with: the text reaches no model that is not cleared."""


@frozen
class Rule:
    """One kind of private data; its place in `RULES` is its number in the scan, where the lower number wins."""

    name: str
    group: str
    what: str


RULES = (
    Rule("private-key", "secrets", "private keys: PEM, OpenSSH, PGP, PuTTY, age"),
    Rule("api-key", "secrets", "keys and tokens of known services, by their prefix and their randomness"),
    Rule("token", "secrets", "signed JSON web tokens"),
    Rule("password", "secrets", "passwords in URLs and after words such as `password:`"),
    Rule("secret", "secrets", "random values after words such as `api_key =`"),
    Rule("card", "money", "payment cards: issuer, length and check digit"),
    Rule("iban", "money", "bank accounts: country, structure and check digits"),
    Rule("us-ssn", "ids", "US social security numbers; only beside a word that names them"),
    Rule("ca-sin", "ids", "Canadian social insurance numbers (Luhn); only beside a word that names them"),
    Rule("uk-nino", "ids", "British national insurance numbers; only beside a word that names them"),
    Rule("de-tax-id", "ids", "German tax ids (ISO 7064): as 2-3-3-3 digits, or beside a word that names them"),
    Rule("fr-nir", "ids", "French social security numbers (mod 97)"),
    Rule("it-codice-fiscale", "ids", "Italian tax codes (check letter)"),
    Rule("es-dni", "ids", "Spanish DNI and NIE (check letter)"),
    Rule("nl-bsn", "ids", "Dutch citizen service numbers (11-test); only beside a word that names them"),
    Rule("pl-pesel", "ids", "Polish PESEL (check digit and date); only beside a word that names them"),
    Rule("se-personnummer", "ids", "Swedish personal numbers (Luhn and date)"),
    Rule("fi-hetu", "ids", "Finnish personal identity codes (check character and date)"),
    Rule("br-cpf", "ids", "Brazilian CPF (two check digits): formatted, or beside a word that names them"),
    Rule("in-aadhaar", "ids", "Indian Aadhaar numbers (Verhoeff); only beside a word that names them"),
    Rule("cn-id", "ids", "Chinese resident identity numbers (mod 11 and date)"),
    Rule("email", "contact", "e-mail addresses, also as `name (at) host (dot) tld`"),
    Rule("phone", "contact", "phone numbers: international, North American, or beside a word that names them"),
    Rule("ip-address", "contact", "IPv4 and IPv6 addresses that are neither local nor reserved for documentation"),
    Rule("marker", "markers", "headings such as `CONFIDENTIAL` or `Streng vertraulich`, and your own"),
    Rule("unreadable", "files", "files whose content no scan can read: sounds, archives, pictures with text in them"),
)
NAMES = tuple(rule.name for rule in RULES)
GROUPS = tuple(dict.fromkeys(rule.group for rule in RULES))

# What is not said here is rerouted.
_GENTLER: Mapping[str, Mapping[str, str]] = {
    "strict": {},
    "balanced": {"contact": "flag", "files": "flag"},
    "off": dict.fromkeys(GROUPS, "allow"),
}


def actions(profile: str, said: Mapping[str, str]) -> dict[str, str]:
    """Rule → action. What is said of a rule beats what is said of its group, and both beat the profile."""
    gentler = _GENTLER[profile]
    return {
        rule.name: said.get(rule.name) or said.get(rule.group) or gentler.get(rule.group, "reroute") for rule in RULES
    }
