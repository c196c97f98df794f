"""What looks like private data and is none."""

import base64
import string
from collections.abc import Callable
from random import Random

from private_values import ALNUM, chars, digits, luhn_digit

HEX = "0123456789abcdef"


def not_luhn(rng: Random, prefix: str, length: int) -> str:
    body = prefix + digits(rng, length - len(prefix) - 1)
    return body + str((int(luhn_digit(body)) + rng.randint(1, 9)) % 10)


def ean(rng: Random, prefix: str) -> str:
    body = prefix + digits(rng, 12 - len(prefix))
    return body + str(-sum(int(c) * (3 if at % 2 else 1) for at, c in enumerate(body)) % 10)


NEGATIVES: dict[str, Callable[[Random], str]] = {
    "uuid": lambda r: f"request {'-'.join(chars(r, HEX, n) for n in (8, 4, 4, 4, 12))} took {r.randint(2, 900)} ms",
    "sha": lambda r: f"commit {chars(r, HEX, 40)}\nAuthor: the team\n\n    fix the build ({chars(r, HEX, 7)})",
    "sha256": lambda r: f"sha256:{chars(r, HEX, 64)}  dist/app-{r.randint(1, 9)}.tar.gz",
    "md5 table": lambda r: "\n".join(f"{chars(r, HEX, 32)}  file{n}.bin" for n in range(3)),
    "version": lambda r: f"upgrade to v{r.randint(1, 9)}.{r.randint(0, 20)}.{r.randint(0, 9)}.{r.randint(0, 9)}, then run 1.2.3.4",
    "requirements": lambda r: f"numpy=={r.randint(1, 2)}.{r.randint(1, 30)}.0\nfoo>={r.randint(20, 99)}.0.{r.randint(0, 9)}.{r.randint(16, 40)}\n",
    "isbn": lambda r: f"ISBN 978-3-16-{digits(r, 6)}-{digits(r, 1)}, {ean(r, '978')}",
    "ean": lambda r: f"EAN {ean(r, '400')} in stock: {r.randint(1, 99)}",
    "timestamp": lambda r: f"{r.randint(1_600_000_000, 1_800_000_000)} {r.randint(1_600_000_000_000, 1_800_000_000_000)} 2026-0{r.randint(1, 9)}-1{r.randint(0, 9)} 12:0{r.randint(0, 9)}:33.{digits(r, 6)}",
    "published card": lambda r: "In test mode use " + r.choice(["4242 4242 4242 4242", "4111111111111111", "5555 5555 5555 4444", "378282246310005", "6011111111111117"]) + ", any date, CVC 123.",
    "wrong card": lambda r: f"card {not_luhn(r, '4', 16)} was rejected: the check digit is wrong",
    "order": lambda r: f"Order #{r.randint(7, 9)}{digits(r, 11)} was shipped, invoice {digits(r, 8)}, item {digits(r, 6)}-{r.randint(2, 99)}",
    "tracking": lambda r: f"tracking number 1Z{chars(r, string.ascii_uppercase, 6)}{digits(r, 10)} and {r.randint(70, 99)}{digits(r, 18)}",
    "image": lambda r: f"![x](data:image/png;base64,{base64.b64encode(r.randbytes(150)).decode()})",
    "code": lambda r: f"password = getpass.getpass('Password: ')\ntoken = tokens[{r.randint(0, 9)}]\nif api_key is None:\n    raise KeyError('api_key')",
    "typed": lambda r: "class Login(BaseModel):\n    username: str\n    password: SecretStr\n    token: Optional[str] = None\n    secret: bytes = b''",
    "placeholder": lambda r: r.choice(["api_key = \"YOUR_API_KEY_HERE_1234\"", "password: <your-password>", "DB_PASSWORD=${DB_PASSWORD}", "token: xxxxxxxxxxxxxxxx", "AKIAIOSFODNN7EXAMPLE", "postgres://user:password@localhost/db", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]),
    "example address": lambda r: f"write to user{r.randint(1, 99)}@example.com or admin@mail.example.org, see icon@2x.png and git@github.com:org/repo.git",
    "local address": lambda r: f"listen on 127.0.0.1:{r.randint(1024, 9999)}, 0.0.0.0 and ::1; docs use 192.0.2.{r.randint(1, 254)} and 2001:db8::{r.randint(1, 9)}, mask 255.255.255.0",
    "cpp": lambda r: "std::vector<std::pair<int, int>> a; use std::cout; Foo::Bar::baz(10, 20); decltype(x)::type",
    "decorator": lambda r: "@app.route('/users/<int:id>')\n@pytest.mark.parametrize('n', [1, 2, 3])\ndef f(n): ...",
    "scoped package": lambda r: f"npm install @scope/pkg@{r.randint(1, 9)}.{r.randint(0, 9)}.{r.randint(0, 9)} react@18.2.0",
    "maths": lambda r: f"{digits(r, 9)} + {digits(r, 9)} = ? and pi is 3.14159265358979323846, e is 2.718281828459045",
    "floats": lambda r: ", ".join(f"0.{digits(r, 16)}" for _ in range(4)),
    "coordinates": lambda r: f"POINT({r.randint(10, 89)}.{digits(r, 6)} -{r.randint(10, 89)}.{digits(r, 6)})",
    "table": lambda r: "\n".join(" ".join(digits(r, 4) for _ in range(5)) for _ in range(3)),
    "years": lambda r: f"The years {r.randint(1900, 1950)} {r.randint(1951, 1990)} {r.randint(1991, 2020)} were dry; 1914-1918, 1939-1945.",
    "lorem": lambda r: "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
    "question": lambda r: r.choice(["Is this document confidential?", "What does \"internal use only\" mean on a contract?", "Write about confidential computing in clouds.", "Confidential information must be handled with care, says the policy.", "Ist das vertraulich?", "Explain the difference between secret and top secret files."]),
    "header doc": lambda r: "A PEM file begins with -----BEGIN RSA PRIVATE KEY----- and ends with -----END RSA PRIVATE KEY-----.",
    "public key": lambda r: f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(r.randbytes(96)).decode()}\n-----END PUBLIC KEY-----",
    "ssh public": lambda r: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{chars(r, ALNUM, 43)} deploy",
    "mac": lambda r: f"eth0 at {':'.join(chars(r, HEX, 2) for _ in range(6))}, up since 10:22:3{r.randint(0, 9)}",
    "snake": lambda r: f"sk_learn_pipeline = make_pipeline(); npm_config_registry; xox_game_{chars(r, string.ascii_lowercase, 8)}; sk-learn-docs-are-good-and-long-enough",
    "part number": lambda r: f"part {digits(r, 5)}-{digits(r, 3)} rev {r.randint(1, 9)}, lot {chars(r, string.ascii_uppercase, 2)}{digits(r, 4)}",
    "nine digits": lambda r: f"The population is {r.randint(100, 999)} {r.randint(100, 999)} {r.randint(100, 999)}, the budget {r.randint(100_000_000, 999_999_999)} EUR.",
    "eleven digits": lambda r: f"id {r.randint(10_000_000_000, 99_999_999_999)} was updated, see job {r.randint(1_000_000_000, 1_999_999_999)}",
    "log": lambda r: f"[{r.randint(1000, 9999)}.{digits(r, 6)}] usb 1-1: new device {chars(r, HEX, 4)}:{chars(r, HEX, 4)}, addr 0x{chars(r, HEX, 16)}",
    "css": lambda r: f"color: #{chars(r, HEX, 6)}; background: url(img@2x.png); margin: 10px 20px 30px 40px;",
    "phone-like": lambda r: f"range 1000-2000, ratio 16:9, 2026-{r.randint(10, 12)}-{r.randint(10, 28)}, build 20.04.{r.randint(1, 6)}-{digits(r, 3)}, 555-1234",
    "diff": lambda r: f"@@ -{r.randint(10, 99)},7 +{r.randint(10, 99)},8 @@ def main():\n-    x = 1\n+    x = 2\n",
    "sql": lambda r: f"SELECT id, email, password FROM users WHERE id = {r.randint(1, 99999)} AND created > '2026-01-0{r.randint(1, 9)}';",
    "yaml": lambda r: "secrets:\n  - db_password\n  - api_key\npassword_file: /run/secrets/db_password1\ntoken_endpoint: /oauth2/token\nmax_tokens: 4096",
}  # fmt: skip
