"""/metrics: numbers for Prometheus, none of them about anybody."""

import re
import urllib.error
import urllib.request
from collections import Counter

import pytest

from tests.served import Served

TOKEN = "a-token-for-tests"
KEY = "tK9fQ2mXw7Lz4Rb8Nc1Vh6"  # of nobody's letter


def test_without_its_token_there_is_no_such_page(client, settings):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404

    settings.METRICS_TOKEN = TOKEN
    for said in ["", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}"]:
        assert client.get("/metrics", headers={"authorization": said}).status_code == 404, said


def get(url: str, **headers: str) -> str:
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def numbers(told: str) -> Counter[str]:
    """Each line as “name{labels}” and its number."""
    lines = re.findall(r"^write4rights_(\S+) (\S+)$", told, re.MULTILINE)
    return Counter({name: float(number) for name, number in lines})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_processes_are_added_up_and_no_path_is_told(tmp_path):
    served = Served(tmp_path, page_cache_seconds=600)
    served.environment |= {"METRICS_TOKEN": TOKEN, "RUNTIME_DIR": str(tmp_path / "runtime")}

    with served.running():
        for _time in range(20):
            get(f"{served.url}/")
        get(f"{served.url}/letters/{KEY}/?from={KEY}")
        for _time in range(100):  # until each of the two processes told what it counted
            get(f"{served.url}/nothing/")
            told = get(f"{served.url}/metrics", Authorization=f"Bearer {TOKEN}")
            found = numbers(told)
            rendered = found['requests_total{status="200",view="cases:home"}']
            if found["pages_from_cache_total"] + rendered == 20:
                break

    assert found["pages_from_cache_total"] + rendered == 20
    assert 1 <= rendered <= 2
    assert found['requests_total{status="404",view="none"}'] == _time + 1
    assert found['request_seconds_count{view="cases:home"}'] == rendered
    assert found['requests_total{status="404",view="letters:letter"}'] == 1
    assert found["database_up"] == 1
    assert found["outbox_mails"] == found["outbox_oldest_seconds"] == found["jobs_given_up"] == 0
    assert found['actions_published{kind="letters"}'] == found["actions"] == 0
    assert "/" not in re.sub(r"^#.*", "", told, flags=re.MULTILINE)
    assert KEY not in told
    assert "127.0.0.1" not in told
