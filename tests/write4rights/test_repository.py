"""What must hold of the files, whatever the site does."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
LAYERS = ["cases", "letters", "write4rights"]  # a later one may know an earlier one, never back
TEXT = {".py", ".html", ".css", ".js", ".toml", ".txt", ".md", ".typ", ".po", ".svg", ".in", ""}
TEXT |= {".example", ".yml", ".yaml", ".cfg", ".sh"}


def tracked(pattern: str = "") -> list[Path]:
    """The files of the repository; all below it where there is no git."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *pattern.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip("not a clone: git does not say which files belong to it")
    return [path for name in done.stdout.splitlines() if (path := ROOT / name).is_file()]


def imported(path: Path) -> set[str]:
    """The packages a module imports anywhere in it, also late and inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer):
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported(path) & above)
        for path in tracked(layer)
        if path.suffix == ".py" and imported(path) & above
    }

    assert wrong == {}


def test_no_module_of_the_site_imports_a_test():
    wrong = [
        path
        for layer in LAYERS
        for path in tracked(layer)
        if path.suffix == ".py" and imported(path) & {"tests", "bench", "pytest", "hypothesis"}
    ]

    assert wrong == []


def test_no_file_names_a_path_of_somebodys_machine():
    places = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt|opt)/[\w.-]+")
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in tracked()
        if path.suffix in TEXT
        and path != Path(__file__)
        and (found := places.findall(path.read_text(errors="replace")))
    }

    assert wrong == {}


@pytest.mark.parametrize("name", ["base", "dev", "bootstrap"])
def test_lock_names_no_registry_and_has_a_hash_for_everything(name):
    lock = (ROOT / f"requirements/{name}.txt").read_text()

    for word in ["://", "--index", "--find-links", "--extra", "--trusted", " @ ", "/work", "-e "]:
        assert word not in lock
    pinned = re.findall(r"^([a-z0-9][\w.-]*)==(\S+)(.*(?:\n    .*)*)", lock, re.MULTILINE)
    assert pinned
    for package, _version, rest in pinned:
        assert "--hash=sha256:" in rest, package
    unpinned = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    assert len(unpinned) == len(pinned)


def test_development_has_the_versions_of_production():
    versions = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
    base, dev = (
        dict(versions.findall((ROOT / f"requirements/{name}.txt").read_text()))
        for name in ["base", "dev"]
    )

    assert base.items() <= dev.items()


def test_no_secret_is_in_the_repository():
    names = {path.relative_to(ROOT).as_posix() for path in tracked()}

    assert not [name for name in names if name.startswith("var/") or name.endswith(".sqlite3")]
    assert ".env" not in names


def test_no_page_names_somebody_elses_server_to_load_from():
    loads = re.compile(
        r"""(?:src|srcset|@import|url\(|fetch\(|import)\s*[=(]?\s*["']?(?:https?:)?//""", re.I
    )
    wrong = {
        str(path.relative_to(ROOT)): found
        for folder in ["templates", "static"]
        for path in tracked(folder)
        if path.suffix in {".html", ".css", ".js", ".svg", ".txt"}
        and "LICENSE" not in path.name
        and (found := loads.findall(path.read_text()))
    }

    assert wrong == {}


def test_no_template_holds_code_or_style():
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:src=|ld\+json))", re.I)
    mail = "templates/letters/mail/"
    wrong = {
        name: found
        for path in tracked("templates")
        if path.suffix == ".html"
        and not (name := path.relative_to(ROOT).as_posix()).startswith(mail)
        and (found := inline.findall(path.read_text()))
    }

    assert wrong == {}


CONTENT = sorted((ROOT / "content").glob("[0-9]*/*.toml"))


def records(name: str) -> list[dict]:
    return [
        record | {"file": path.relative_to(ROOT).as_posix()}
        for path in CONTENT
        for record in [tomllib.loads(path.read_text())]
        if (path.name == "edition.toml") == (name == "editions") and path.name != "rules.toml"
    ]


def is_source(source: dict) -> bool:
    return source["url"].startswith(("https://", "http://")) and bool(source["supports"].strip())


@pytest.mark.parametrize("kind", ["cases", "editions"])
def test_every_record_that_ships_names_its_sources(kind):
    found = records(kind)

    assert len(found) >= {"cases": 65, "editions": 15}[kind]
    without = [
        record["file"]
        for record in found
        if not record.get("sources") or not all(map(is_source, record["sources"]))
    ]
    assert without == []


def test_every_outcome_that_ships_has_a_source_and_a_date_no_finer_than_a_day():
    wrong = []
    for record in records("cases"):
        urls = {source["url"] for source in record.get("sources", [])}
        for outcome in record.get("outcomes", []):
            if not (outcome.get("source_url") or urls):
                wrong.append((record["file"], outcome["headline"]))
            if not re.fullmatch(r"|\d{4}(-\d\d(-\d\d)?)?", str(outcome.get("date", ""))):
                wrong.append((record["file"], outcome["date"]))

    assert wrong == []


def test_every_address_that_ships_says_where_it_was_printed():
    wrong = [
        record["file"]
        for record in records("cases")
        if (target := record.get("target"))
        and (target.get("postal") or target.get("email"))
        and not target.get("source_url")
    ]

    assert wrong == []


def test_every_figure_that_ships_has_its_qualifier_and_source():
    figures = tomllib.loads((ROOT / "content/figures.toml").read_text())["years"]

    assert len(figures) > 15
    for figure in figures:
        if figure.get("actions") is not None:
            assert figure.get("qualifier"), figure
            assert all(map(is_source, figure["sources"])), figure


def test_no_text_that_ships_says_because_of_or_victim():
    words = re.compile(
        r"\bbecause of (?:the |your |our |these )?(?:letters?|pressure|campaign)"
        r"|\bvictims?\b|\bthanks to (?:the |your |our )?letters?",
        re.I,
    )
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in CONTENT
        if (found := words.findall(shown(tomllib.loads(path.read_text()))))
    }

    assert wrong == {}


def shown(record: dict) -> str:
    """The words of a content file that readers see."""
    kept = {name: value for name, value in record.items() if name not in ("staff_note", "sources")}
    return str(kept)


def test_rocky_myers_is_not_said_to_be_free():
    told = tomllib.loads(next((ROOT / "content").glob("*/rocky-myers.toml")).read_text())

    assert not re.search(r"\bfreed\b|\breleased\b|\bis free\b", shown(told), re.I)
    assert "life without parole" in shown(told)
    assert told["outcomes"][-1]["kind"] == "sentence-commuted"
