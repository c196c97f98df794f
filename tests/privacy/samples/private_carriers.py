"""The texts that private data comes in: chats, logs, tables, code, letters, in several languages. `{v}` is the value."""

GENERAL = [
    "{v}",
    "hi, can you check this for me: {v} thanks!",
    "2026-03-14T09:21:07Z INFO payment.worker request_id=7f3a9c value={v} status=ok",
    '{{"id": 4711, "customer": "C-1029", "data": "{v}", "active": true}}',
    "name,value,since\nMiller,{v},2021-04-01\n",
    "Dear team,\n\nas discussed on the phone I am sending you the following: {v}\n\nKind regards",
    "# notes\n- first item\n- {v}\n- last item\n",
    "Bitte prüfen Sie folgende Angabe: {v}. Vielen Dank und freundliche Grüße",
    "Pouvez-vous vérifier {v} s'il vous plaît ? Merci d'avance.",
    "Por favor, revise este dato ({v}) antes de mañana.",
    "请帮我检查一下：{v}，谢谢。",
    "Пожалуйста, проверьте {v} и ответьте мне.",
    "<row><cell>12</cell><cell>{v}</cell></row>",
    "Summarise this ticket:\n> user wrote: {v}\n> agent: I'll look into it",
    "def load():\n    value = '{v}'\n    return normalise(value)\n",
    "| field | value |\n|---|---|\n| entry | {v} |\n",
]
BY_RULE: dict[str, list[str]] = {
    "password": [
        "password: {v}", "DB_PASSWORD={v}", 'spring.datasource.password = "{v}"', "login root, Passwort: {v}",
        "postgres://app:{v}@db.intern:5432/shop", "curl https://bob:{v}@git.firma.de/x.git", '{{"user": "eva", "passwd": "{v}"}}',
        "mot de passe = '{v}'", "contraseña: {v}\nservidor: db1", "PGPASSWORD='{v}' psql -h db", "senha: {v}",
        "mysql:\n  user: shop\n  password: {v}\n  host: db\n", "amqp://svc:{v}@mq.local/vhost",
    ],
    "secret": [
        'api_key = "{v}"', "API_KEY={v}", "client_secret: {v}", "x-api-key: {v}", "Authorization: Bearer {v}",
        '{{"access_token": "{v}", "expires_in": 3600}}', "export STRIPE_SECRET='{v}'", "config.secret_key = '{v}'",
        "encryption_key={v}", "AccountName=shop;AccountKey={v};EndpointSuffix=core.windows.net", 'const token = "{v}";',
        "auth_token: '{v}'", 'os.environ["SIGNING_KEY"] = "{v}"',
    ],
    "us-ssn": ["SSN: {v}", "her social security number is {v}", "ssn,name\n{v},Doe\n", '{{"ssn": "{v}"}}', "Social Security No. {v}"],
    "ca-sin": ["SIN {v}", "social insurance number: {v}", "My SIN is {v}, do I owe tax?", '{{"sin": "{v}"}}', "NAS : {v}"],
    "uk-nino": ["NI number: {v}", "National Insurance {v}", "nino={v}", "her NI no is {v}.", '{{"nino": "{v}"}}'],
    "de-tax-id": ["Steuer-ID: {v}", "Meine IdNr ist {v}.", "Steueridentifikationsnummer {v}", "tax id (TIN) {v}", "steuerid;{v}"],
    "nl-bsn": ["BSN: {v}", "burgerservicenummer {v}", "mijn bsn is {v}.", '{{"bsn": "{v}"}}', "bsn;naam\n{v};Jansen\n"],
    "pl-pesel": ["PESEL: {v}", "numer PESEL {v}", "pesel={v}", '{{"pesel": "{v}"}}', "Jan Kowalski, PESEL {v}, Warszawa"],
    "br-cpf": ["CPF: {v}", "meu cpf é {v}", "cpf={v}", '{{"cpf": "{v}"}}', "contribuinte CPF {v}"],
    "in-aadhaar": ["Aadhaar: {v}", "my aadhaar number is {v}", "aadhar no {v}", '{{"aadhaar": "{v}"}}', "UIDAI {v}"],
}  # fmt: skip
MARKERS = [
    "{v}\n\nQ3 figures are attached.", "Subject: {v}\n\nHello all", "# {v}\n\nRoadmap", "*** {v} ***\nDo the following",
    "Classification: {v}\nAuthor: M.", "[{v}] budget draft", "Report 2026\n{v}\nPage 1 of 3", "Betreff: {v}: Umbau",
]  # fmt: skip
PHRASES = [
    "CONFIDENTIAL", "Strictly confidential", "INTERNAL USE ONLY", "Streng vertraulich", "Confidentiel", "VERTRAULICH",
    "For internal use only", "Company Confidential", "Estrictamente confidencial", "Strettamente riservato", "机密",
    "Nur für den internen Gebrauch", "TLP:RED", "Attorney-Client Privileged", "Строго конфиденциально", "社外秘",
]  # fmt: skip
