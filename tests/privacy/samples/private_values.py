"""Made-up private data of every rule, with right check digits: nobody's, since all of it is drawn at random.

The check digits are computed here once more, and not by the detector's own functions, which they are to try.
"""

import base64
import json
import string
from collections.abc import Callable
from random import Random

Make = Callable[[Random], str]
ALNUM = string.ascii_letters + string.digits


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choices(string.digits, k=count))


def chars(rng: Random, alphabet: str, count: int) -> str:
    return "".join(rng.choices(alphabet, k=count))


def date(rng: Random) -> tuple[int, int, int]:
    return rng.randint(1935, 2005), rng.randint(1, 12), rng.randint(1, 28)


def luhn_digit(body: str) -> str:
    total = 0
    for at, c in enumerate(reversed(body)):
        n = int(c) * (2 if at % 2 == 0 else 1)
        total += n // 10 + n % 10
    return str(-total % 10)


def card(rng: Random) -> str:
    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("2350", 16), ("34", 15), ("37", 15), ("36", 14),
                                 ("6011", 16), ("65", 16), ("3540", 16), ("62", 16)])  # fmt: skip
    body = prefix + digits(rng, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    sign = rng.choice(["", "", " ", "-"])
    cuts = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[length]
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(number[at : at + cut])
        at += cut
    return sign.join(pieces)


def iban(rng: Random) -> str:
    country, body = rng.choice(
        [
            ("DE", digits(rng, 18)), ("NL", chars(rng, string.ascii_uppercase, 4) + digits(rng, 10)),
            ("GB", chars(rng, string.ascii_uppercase, 4) + digits(rng, 14)), ("ES", digits(rng, 20)),
            ("FR", digits(rng, 10) + chars(rng, string.ascii_uppercase + string.digits, 11) + digits(rng, 2)),
            ("IT", rng.choice(string.ascii_uppercase) + digits(rng, 10) + digits(rng, 12)), ("PL", digits(rng, 24)),
            ("CH", digits(rng, 17)), ("AT", digits(rng, 16)), ("SE", digits(rng, 20)), ("BE", digits(rng, 12)),
        ]
    )  # fmt: skip
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    whole = f"{country}{98 - number % 97:02d}{body}"
    if rng.random() < 0.5:
        return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return whole


def us_ssn(rng: Random) -> str:
    area = rng.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def ca_sin(rng: Random) -> str:
    body = str(rng.randint(1, 7)) + digits(rng, 7)
    number = body + luhn_digit(body)
    sign = rng.choice(["", " ", "-"])
    return sign.join((number[:3], number[3:6], number[6:]))


def uk_nino(rng: Random) -> str:
    prefix = rng.choice(["AB", "CE", "HJ", "JK", "LM", "PR", "SA", "WX", "YZ"])
    body, last = digits(rng, 6), rng.choice("ABCD")
    if rng.random() < 0.5:
        return f"{prefix} {body[:2]} {body[2:4]} {body[4:]} {last}"
    return f"{prefix}{body}{last}"


def de_tax_id(rng: Random) -> str:
    kinds = rng.sample(string.digits, 9)
    body = [*kinds, rng.choice(kinds)]
    rng.shuffle(body)
    while body[0] == "0":
        rng.shuffle(body)
    product = 10
    for c in body:
        total = (int(c) + product) % 10 or 10
        product = total * 2 % 11
    number = "".join(body) + str((11 - product) % 10)
    if rng.random() < 0.5:
        return f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"
    return number


def fr_nir(rng: Random) -> str:
    year, month, _ = date(rng)
    body = f"{rng.randint(1, 2)}{year % 100:02d}{month:02d}{rng.randint(1, 95):02d}{rng.randint(1, 990):03d}{rng.randint(1, 999):03d}"
    number = f"{body}{97 - int(body) % 97:02d}"
    if rng.random() < 0.5:
        cuts = (1, 3, 5, 7, 10, 13, 15)
        return " ".join(number[a:b] for a, b in zip((0, *cuts), cuts, strict=False))
    return number


def it_codice_fiscale(rng: Random) -> str:
    odd = dict(zip(string.digits + string.ascii_uppercase, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17,
                   19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23], strict=True))  # fmt: skip
    year, _, day = date(rng)
    body = chars(rng, "BCDFGLMNPRSTVZ", 6) + f"{year % 100:02d}" + rng.choice("ABCDEHLMPRST")
    body += f"{day + rng.choice([0, 40]):02d}" + rng.choice("ABCDEFGHL") + digits(rng, 3)
    even = {c: int(c) if c.isdigit() else ord(c) - 65 for c in odd}
    return body + chr(65 + sum(odd[c] if at % 2 == 0 else even[c] for at, c in enumerate(body)) % 26)


def es_dni(rng: Random) -> str:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if rng.random() < 0.3:
        first, body = rng.choice("XYZ"), digits(rng, 7)
        last = letters[int(str("XYZ".index(first)) + body) % 23]
        return rng.choice([f"{first}{body}{last}", f"{first}-{body}-{last}"])
    body = digits(rng, 8)
    return rng.choice([f"{body}{letters[int(body) % 23]}", f"{body}-{letters[int(body) % 23]}"])


def nl_bsn(rng: Random) -> str:
    while True:
        body = str(rng.randint(1, 9)) + digits(rng, 7)
        check = sum(int(c) * (9 - at) for at, c in enumerate(body)) % 11
        if check < 10:
            return f"{body}{check}"


def pl_pesel(rng: Random) -> str:
    year, month, day = date(rng)
    body = f"{year % 100:02d}{month + (20 if year >= 2000 else 0):02d}{day:02d}{digits(rng, 4)}"
    return f"{body}{-sum(int(c) * w for c, w in zip(body, (1, 3, 7, 9) * 3, strict=False)) % 10}"


def se_personnummer(rng: Random) -> str:
    year, month, day = date(rng)
    body = f"{year % 100:02d}{month:02d}{day:02d}{digits(rng, 3)}"
    whole = f"{body[:6]}-{body[6:]}{luhn_digit(body)}"
    return rng.choice([whole, f"{year // 100}{whole}"])


def fi_hetu(rng: Random) -> str:
    year, month, day = date(rng)
    born, number = f"{day:02d}{month:02d}{year % 100:02d}", f"{rng.randint(2, 899):03d}"
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(born + number) % 31]
    return f"{born}{'A' if year >= 2000 else '-'}{number}{check}"


def br_cpf(rng: Random) -> str:
    body = digits(rng, 9)
    for _ in range(2):
        rest = sum(int(c) * (len(body) + 1 - at) for at, c in enumerate(body)) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return rng.choice([f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}", body])


def in_aadhaar(rng: Random) -> str:
    table = [[(a + b) % 5 if a < 5 and b < 5 else 0 for b in range(10)] for a in range(10)]
    for a in range(10):
        for b in range(10):  # the dihedral group of the pentagon
            turn = (a % 5 + b % 5) % 5 if a < 5 else (a % 5 - b % 5) % 5
            table[a][b] = turn + (5 if (a < 5) != (b < 5) else 0)
    first = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    shuffles = [list(range(10))]
    for _ in range(7):
        shuffles.append([shuffles[-1][n] for n in first])
    body = str(rng.randint(2, 9)) + digits(rng, 10)
    for last in string.digits:
        check = 0
        for at, c in enumerate(reversed(body + last)):
            check = table[check][shuffles[at % 8][int(c)]]
        if check == 0:
            number = body + last
            return rng.choice([number, f"{number[:4]} {number[4:8]} {number[8:]}"])
    raise AssertionError("one of ten digits always fits")


def cn_id(rng: Random) -> str:
    year, month, day = date(rng)
    body = f"{rng.choice(['110105', '310104', '440305', '510107'])}{year}{month:02d}{day:02d}{digits(rng, 3)}"
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def private_key(rng: Random) -> str:
    kind = rng.choice(
        ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
    )
    body = base64.b64encode(rng.randbytes(rng.randint(90, 260))).decode()
    end = rng.choice(["\n", "\n", "\n", "\\n", "\r\n"])
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return f"-----BEGIN {kind}-----{end}{end.join(lines)}{end}-----END {kind}-----"


def api_key(rng: Random) -> str:
    hexadecimal = string.digits + "abcdef"
    return rng.choice(
        [
            "AKIA" + chars(rng, string.ascii_uppercase + string.digits, 16), "ghp_" + chars(rng, ALNUM, 36),
            "github_pat_" + chars(rng, ALNUM, 22) + "_" + chars(rng, ALNUM, 59), "glpat-" + chars(rng, ALNUM, 20),
            f"xoxb-{digits(rng, 12)}-{digits(rng, 12)}-{chars(rng, ALNUM, 24)}", "sk_live_" + chars(rng, ALNUM, 24),
            "sk-proj-" + chars(rng, ALNUM, 48), "sk-ant-api03-" + chars(rng, ALNUM + "_-", 93) + "AA",
            "AIza" + chars(rng, ALNUM + "_-", 35), "npm_" + chars(rng, ALNUM, 36),
            "pypi-AgEIcHlwaS5vcmc" + chars(rng, ALNUM + "_-", 90), "SK" + chars(rng, hexadecimal, 32),
            f"SG.{chars(rng, ALNUM + '_-', 22)}.{chars(rng, ALNUM + '_-', 43)}", "hf_" + chars(rng, ALNUM, 34),
            "dop_v1_" + chars(rng, hexadecimal, 64), "whsec_" + chars(rng, ALNUM, 32),
        ]
    )  # fmt: skip


def token(rng: Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    claims = {"sub": digits(rng, 10), "iat": rng.randint(1_600_000_000, 1_800_000_000), "scope": "read"}
    signature = base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip("=")
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{signature}"


def password(rng: Random) -> str:
    body = chars(rng, ALNUM, rng.randint(7, 14)) + rng.choice(string.digits) + rng.choice(["", "", "!", "_x", "#q"])
    return body if body[0] not in "#!" else "p" + body


def secret(rng: Random) -> str:
    return chars(rng, ALNUM, rng.randint(24, 48)) + rng.choice(string.digits)


FIRST = [
    "anna",
    "jose",
    "mei.lin",
    "oliver",
    "fatima",
    "jan",
    "kaisa",
    "li",
    "pierre",
    "giulia",
    "tom",
    "s.mueller",
    "a_k",
]
DOMAINS = ["contoso-mail.com", "nordwind.de", "mail.firma.at", "acme-corp.co.uk", "posteo-demo.net", "uni-b.fr", "kaup.ee",
           "empresa.com.br", "yritys.fi", "bedrijf.nl"]  # fmt: skip


def email(rng: Random) -> str:
    name = rng.choice(FIRST) + rng.choice(
        ["", str(rng.randint(1, 99)), "." + rng.choice(["berg", "silva", "kowalska"])]
    )
    domain = rng.choice(DOMAINS)
    if rng.random() < 0.1:
        return f"{name} (at) {domain.replace('.', ' (dot) ')}"
    return f"{name}@{domain}"


def phone(rng: Random) -> str:
    return rng.choice(
        [
            f"+49 {rng.randint(151, 179)} {digits(rng, 7)}", f"+1 ({rng.randint(201, 989)}) 555-01{digits(rng, 2)}",
            f"+44 20 7946 0{digits(rng, 3)}", f"+33 6 {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)}",
            f"({rng.randint(201, 989)}) 555-01{digits(rng, 2)}", f"{rng.randint(201, 989)}-555-01{digits(rng, 2)}",
            f"+358 40 {digits(rng, 7)}", f"+86 138 {digits(rng, 4)} {digits(rng, 4)}", f"+91{rng.randint(6, 9)}{digits(rng, 9)}",
        ]
    )  # fmt: skip


def ip_address(rng: Random) -> str:
    def low() -> int:
        return rng.randint(16, 254)

    return rng.choice(
        [
            f"10.{low()}.{rng.randint(0, 9)}.{low()}", f"192.168.{rng.randint(0, 9)}.{low()}", f"172.{rng.randint(16, 31)}.0.{low()}",
            f"{rng.randint(16, 126)}.{low()}.{low()}.{low()}", f"fd{chars(rng, '0123456789abcdef', 2)}:{low():x}::{low():x}",
            f"2a0{rng.randint(0, 9)}:{rng.randint(4096, 65535):x}:{low():x}::{rng.randint(1, 9)}",
            f"fe80::{rng.randint(4096, 65535):x}:{low():x}ff:fe{low():02x}:{rng.randint(4096, 65535):x}",
        ]
    )  # fmt: skip


MAKERS: dict[str, Make] = {
    "private-key": private_key, "api-key": api_key, "token": token, "password": password, "secret": secret, "card": card,
    "iban": iban, "us-ssn": us_ssn, "ca-sin": ca_sin, "uk-nino": uk_nino, "de-tax-id": de_tax_id, "fr-nir": fr_nir,
    "it-codice-fiscale": it_codice_fiscale, "es-dni": es_dni, "nl-bsn": nl_bsn, "pl-pesel": pl_pesel,
    "se-personnummer": se_personnummer, "fi-hetu": fi_hetu, "br-cpf": br_cpf, "in-aadhaar": in_aadhaar, "cn-id": cn_id,
    "email": email, "phone": phone, "ip-address": ip_address,
}  # fmt: skip
