#!/usr/bin/env python3
"""One database, two servers: what is done on one side counts on the other. Started by tests/interop/run.

Here is jwtauthd, there is Django. Each step prints a line; the last one reads `N tests, N failed`.
"""
import argparse
import http.client
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

PROMPTLY = 1.0  # seconds until the other side must know
STEADILY = 8  # answers in a row: more than there are workers
PASSWORD, NEW_PASSWORD = "rope-lantern-42", "quiet-harbour-77"

STEPS = []


def step(text):
    def note(function):
        STEPS.append((text, function, ()))
        return function
    return note


def both_ways(text):
    """The step once from here to there, once from there to here."""
    def note(function):
        for way in ("here", "there"), ("there", "here"):
            STEPS.append((text.format(*way), function, way))
        return function
    return note


class Side:
    def __init__(self, name, base):
        self.name, self.address = name, urlsplit(base).netloc

    def ask(self, method, path, body=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def expect(self, status, method, path, body=None, token=None):
        got, answer = self.ask(method, path, body, token)
        if got != status:
            raise AssertionError(f"{self.name}: {method} {path} answered {got} {str(answer)[:300]}, not {status}")
        return answer

    def register(self, username, password=PASSWORD):
        body = {"username": username, "email": f"{username}@example.org", "password": password}
        return self.expect(201, "POST", "/api/register/", body)

    def login(self, username, password=PASSWORD, status=200):
        return self.expect(status, "POST", "/api/login/", {"username": username, "password": password})

    def dashboard(self, access, status=200):
        return self.expect(status, "GET", "/api/dashboard/", token=access)

    def refresh(self, refresh, status=200):
        return self.expect(status, "POST", "/api/token/refresh/", {"refresh": refresh})

    def blacklist(self, refresh):
        return self.expect(200, "POST", "/api/token/blacklist/", {"refresh": refresh})


class World:
    def __init__(self, options):
        self.here, self.there = Side("here", options.here), Side("there", options.there)
        self.ctl = [options.jwtauthctl, "-c", options.config]
        self.orders = subprocess.Popen([sys.executable, options.orders], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True)
        self.users = 0

    def side(self, name):
        return getattr(self, name)

    def new_name(self):
        self.users += 1
        return f"traveller{self.users}"

    def new_user(self, side="here"):
        name = self.new_name()
        self.side(side).register(name)
        return name

    def django(self, code):
        """Runs a line with Django's ORM; when this returns, it is committed."""
        self.orders.stdin.write(json.dumps(code) + "\n")
        self.orders.stdin.flush()
        answer = self.orders.stdout.readline().strip()
        assert answer == "done", f"Django's ORM: {answer}"

    def jwtauthctl(self, *words, answers=(), **environment):
        done = subprocess.run([*self.ctl, *words], input="".join(f"{a}\n" for a in answers), text=True,
                              capture_output=True, timeout=60, env={**os.environ, **environment}, check=False)
        assert done.returncode == 0, f"jwtauthctl {' '.join(words)}: status {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def close(self):
        self.orders.stdin.close()
        self.orders.wait(timeout=30)


def promptly(ask):
    """The expectation holds before PROMPTLY has passed, at every worker, and stays."""
    begun, streak = time.monotonic(), 0
    while streak < STEADILY:
        asked = time.monotonic()
        try:
            ask()
            streak += 1
        except AssertionError as error:
            if asked - begun > PROMPTLY:
                raise AssertionError(f"{asked - begun:.1f} s later: {error}") from error
            streak = 0
            time.sleep(0.02)


def steadily(ask):
    """So that every worker knows the token and the user."""
    for _ in range(STEADILY):
        ask()


@step("the user of before the move logs in here, and in Django's pages there")
def user_of_before(world):
    world.here.dashboard(world.here.login("veteran", "of-many-releases-9")["access"])
    world.there.dashboard(world.there.login("veteran", "of-many-releases-9")["access"])


@both_ways("registered {0}, logs in {1}")
def registered(world, first, second):
    name = world.new_name()
    made = world.side(first).register(name)
    assert made["username"] == name, made
    world.side(second).login(name)
    world.side(second).login(name, "not-" + PASSWORD, status=401)


@both_ways("registered {0}, the name is taken {1}")
def name_taken(world, first, second):
    name = world.new_user(first)
    body = {"username": name, "email": "another@example.org", "password": PASSWORD}
    answer = world.side(second).expect(400, "POST", "/api/register/", body)
    assert list(answer) == ["username"], answer


@both_ways("access token from {0}, dashboard {1}")
def access_token(world, first, second):
    name = world.new_user(first)
    access = world.side(first).login(name)["access"]
    answer = world.side(second).dashboard(access)
    assert answer["username"] == name, answer
    world.side(second).expect(200, "POST", "/api/token/verify/", {"token": access})
    head, claims, signature = access.split(".")
    forged = ".".join((head, claims, signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)))
    world.side(second).dashboard(forged, status=401)


@both_ways("refresh token from {0}, refresh {1}")
def refresh_token(world, first, second):
    name = world.new_user(first)
    refreshed = world.side(second).refresh(world.side(first).login(name)["refresh"])
    world.side(first).dashboard(refreshed["access"])
    world.side(first).refresh(refreshed["refresh"])


@both_ways("refresh token rotated {0}, the old one refused {1}")
def rotated(world, first, second):
    old = world.side(second).login(world.new_user(second))["refresh"]
    world.side(first).refresh(old)
    for side in second, first:
        answer = world.side(side).refresh(old, status=401)
        assert answer["code"] == "token_not_valid", answer


@both_ways("refresh token from {0}, blacklisted {1}, refused on both sides")
def blacklisted_elsewhere(world, first, second):
    token = world.side(first).login(world.new_user(first))["refresh"]
    world.side(second).blacklist(token)
    for side in first, second:
        answer = world.side(side).refresh(token, status=401)
        assert answer == {"detail": "Token is blacklisted", "code": "token_not_valid"}, (side, answer)


@both_ways("refresh token from {0}, blacklisted {0}, refused {1}")
def blacklisted_at_home(world, first, second):
    token = world.side(first).login(world.new_user(first))["refresh"]
    world.side(first).blacklist(token)
    world.side(second).refresh(token, status=401)


@step("password changed there, old one refused and new one accepted here")
def password_changed_there(world):
    name = world.new_user("here")
    steadily(lambda: world.here.login(name))
    world.django(f"user = User.objects.get(username={name!r}); user.set_password({NEW_PASSWORD!r}); user.save()")
    world.here.login(name, status=401)  # at once: a login reads the table; and only once, for failures are counted
    world.here.login(name, NEW_PASSWORD)


@step("password changed here, old one refused and new one accepted there")
def password_changed_here(world):
    name = world.new_user("there")
    world.jwtauthctl("changepassword", name, answers=(NEW_PASSWORD, NEW_PASSWORD))
    world.there.login(name, status=401)
    world.there.login(name, NEW_PASSWORD)


@step("password made unusable there, refused here")
def password_unusable(world):
    name = world.new_user("here")
    world.django(f"user = User.objects.get(username={name!r}); user.set_unusable_password(); user.save()")
    world.here.login(name, status=401)  # at once: a login reads the table; and only once, for failures are counted


@step("deactivated there, refused here within a second; and back")
def deactivated_there(world):
    name = world.new_user("here")
    tokens = world.here.login(name)
    steadily(lambda: world.here.dashboard(tokens["access"]))
    world.django(f"User.objects.filter(username={name!r}).update(is_active=False)")
    promptly(lambda: world.here.dashboard(tokens["access"], status=401))
    world.here.login(name, status=401)
    world.django(f"User.objects.filter(username={name!r}).update(is_active=True)")
    promptly(lambda: world.here.dashboard(tokens["access"]))
    world.here.login(name)


@step("deactivated here, refused there and here within a second; activated again, with a login")
def deactivated_here(world):
    name = world.new_user("there")
    access = world.there.login(name)["access"]
    steadily(lambda: world.here.dashboard(access))
    world.jwtauthctl("user", "deactivate", name)
    world.there.dashboard(access, status=401)
    world.there.login(name, status=401)
    promptly(lambda: world.here.dashboard(access, status=401))
    world.jwtauthctl("user", "activate", name)
    world.there.dashboard(access)
    later = world.here.login(name)["access"]
    promptly(lambda: world.here.dashboard(later))
    world.here.dashboard(access, status=401)  # what was open had ended


@step("renamed there, the new name here within a second")
def renamed_there(world):
    name, later = world.new_user("here"), world.new_name()
    access = world.here.login(name)["access"]
    steadily(lambda: world.here.dashboard(access))
    world.django(f"User.objects.filter(username={name!r}).update(username={later!r})")

    def named():
        answer = world.here.dashboard(access)
        assert answer["username"] == later, answer
    promptly(named)
    world.here.login(later)


@step("deleted there, refused here within a second")
def deleted_there(world):
    name = world.new_user("here")
    access = world.here.login(name)["access"]
    steadily(lambda: world.here.dashboard(access))
    world.django(f"User.objects.get(username={name!r}).delete()")
    promptly(lambda: world.here.dashboard(access, status=401))


@step("password changed by its owner here, the new one accepted there")
def password_changed_by_owner(world):
    name = world.new_user("there")
    world.here.expect(200, "POST", "/api/password/change/", {"old_password": PASSWORD, "new_password": NEW_PASSWORD},
                      world.there.login(name)["access"])
    world.there.login(name, status=401)
    world.there.login(name, NEW_PASSWORD)


@step("account deleted by its owner here, with what Django has of it, gone there")
def deleted_by_owner(world):
    name = world.new_user("there")
    world.django(f"from django.contrib.auth.models import Group; "
                 f"User.objects.get(username={name!r}).groups.add(Group.objects.get_or_create(name='guests')[0])")
    tokens = world.there.login(name)
    world.here.expect(204, "DELETE", "/api/me/", {"password": PASSWORD}, tokens["access"])
    world.there.login(name, status=401)
    world.there.dashboard(tokens["access"], status=401)
    promptly(lambda: world.here.dashboard(tokens["access"], status=401))


@step("superuser made there, logs in here")
def superuser_there(world):
    name = world.new_name()
    world.django(f"User.objects.create_superuser({name!r}, '{name}@example.org', {PASSWORD!r})")
    world.here.dashboard(world.here.login(name)["access"])


@step("superuser made here, Django's admin shows a user registered here")
def superuser_here(world):
    name, registered_here = world.new_name(), world.new_user("here")
    world.jwtauthctl("createsuperuser", "--noinput", "--username", name, "--email", f"{name}@example.org",
                     DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    page = f"http://{world.there.address}/admin/login/"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.open(page, timeout=30).read().decode())[1]
    form = {"csrfmiddlewaretoken": csrf, "username": name, "password": PASSWORD, "next": "/admin/auth/user/"}
    shown = browser.open(page, urllib.parse.urlencode(form).encode(), timeout=30)
    assert shown.geturl().endswith("/admin/auth/user/"), shown.geturl()
    assert registered_here in shown.read().decode(), "the admin does not list the user"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--here", required=True, metavar="URL", help="jwtauthd's nginx")
    parser.add_argument("--there", required=True, metavar="URL", help="Django's server")
    parser.add_argument("--jwtauthctl", required=True, metavar="FILE")
    parser.add_argument("--config", required=True, metavar="FILE", help="jwtauthd's configuration")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only steps whose text contains one of these")
    options = parser.parse_args()
    options.orders = Path(__file__).resolve().parent / "django" / "orders.py"
    chosen = [s for s in STEPS if not options.words or any(word in s[0] for word in options.words)]
    world, failed = World(options), 0
    try:
        for text, function, way in chosen:
            try:
                function(world, *way)
                print(f"ok      {text}", flush=True)
            except Exception as error:  # whatever it is, the next step is another matter
                failed += 1
                print(f"FAILED  {text}\n        {type(error).__name__}: {error}", flush=True)
    finally:
        world.close()
    print(f"{len(chosen)} tests, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
