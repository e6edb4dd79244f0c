"""What hosts share: who has signed in on one is known to the other, and so are wrong passwords."""

from http.client import HTTPConnection
from http.cookies import SimpleCookie

from bench.cluster.site import ADDRESS, NAME, WEB, Site
from bench.rehearse.pages import form_with

SIGN_IN = "/admin/account/sign-in/"
PASSWORD = "as long as it has to be"
TRIES = 5  # wrong passwords, until a name has to wait
PEOPLE = """
from django.contrib.auth.models import User
for name in ["first", "second"]:
    User.objects.create_superuser(name, password="{password}")
"""


class Browser:
    """Asks one host or the other, as the proxy would."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies = SimpleCookie()

    def ask(self, web: str, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        headers["Cookie"] = "; ".join(f"{one.key}={one.value}" for one in self.cookies.values())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            headers |= {"Origin": ADDRESS, "Referer": ADDRESS + path}
        connection = HTTPConnection(self.site.hosts[web].address, 8000, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(line)
        page = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, page

    def sign_in(self, web: str, name: str, password: str = PASSWORD) -> bool:
        _status, page = self.ask(web, "GET", SIGN_IN)
        form = form_with(page, "password")
        filled_in = form.filled_in(login=name, password=password)
        return self.ask(web, "POST", SIGN_IN, filled_in)[0] == 302


def look_what_is_shared(site: Site) -> list[str]:
    """Sentences on what was found; whether that is well is in their words."""
    done = site.manage("shell", "-c", PEOPLE.format(password=PASSWORD))
    if done.returncode:
        raise SystemExit(done.stderr[-2_000:])
    one, other = WEB
    browser = Browser(site)
    is_in = browser.sign_in(one, "first") and browser.ask(other, "GET", "/admin/")[0] == 200
    for _try in range(TRIES):
        Browser(site).sign_in(one, "second", "wrong")
    has_to_wait = not Browser(site).sign_in(other, "second")
    return [
        f"signed in on {one}: {'also' if is_in else 'NOT'} signed in on {other}",
        f"{TRIES} wrong passwords on {one}: the right one on {other} "
        + ("has to wait" if has_to_wait else "IS NOT HELD UP"),
    ]
