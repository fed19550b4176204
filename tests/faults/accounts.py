"""Accounts by the thousand, without a thousand hashes."""
from client import Client

PASSWORD = "copper-Lantern-84"
# Of auth_user, beside what names the account.
COPIED = "is_superuser, first_name, last_name, is_staff, is_active, date_joined"


def make_accounts(stack, prefix, count):
    """Names of new accounts whose password is PASSWORD: one by registration, the others have its hash."""
    names = [f"{prefix}{i:04d}" for i in range(count)]
    answer = Client(stack.port).post("/api/register/", {"username": names[0], "email": f"{names[0]}@example.org",
                                                        "password": PASSWORD})
    if answer.status != 201:
        raise RuntimeError(f"registration: {answer} {answer.body}")
    if count > 1:
        rows = " UNION ALL ".join(f"SELECT '{name}' n" for name in names[1:])
        stack.rows(f"INSERT INTO auth_user (username, email, password, {COPIED}) SELECT n, CONCAT(n, '@example.org'), "
                  f"password, {COPIED} FROM auth_user, ({rows}) names WHERE username = '{names[0]}'")
    return names


def sign_in(stack, names, kind="access"):
    """Fresh tokens of these accounts."""
    client, tokens = Client(stack.port, deadline=40), []
    for name in names:
        for _ in range(20):
            answer = client.post("/api/login/", {"username": name, "password": PASSWORD})
            if answer.status != 503:  # a busy machine's word for later
                break
        if answer.status != 200:
            raise RuntimeError(f"login: {answer} {answer.body}")
        tokens.append(answer.json()[kind])
    client.close()
    return tokens
