"""What must hold of the files, whatever the site does."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename

from write4rights import translations

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


# Inside letters, from the top: each room may know those below it, and none beside it.
ROOMS = [
    ["urls", "apps"],
    ["views", "admin", "management", "templatetags"],
    ["forms"],
    ["delivery"],
    ["actions"],
    ["mail", "sharing"],
    ["text", "statistics"],
    ["privacy"],
    ["models"],
    ["converters"],
]


def modules(*, run: bool = False) -> dict[str, set[str]]:
    """Each module of the site, and which others it imports anywhere, also inside functions; with
    `run`, without those that are for annotations only.

    Some lines of ast, as above: import-linter would be one more package to trust and to update.
    """
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for layer in LAYERS
        for path in tracked(layer)
        if path.suffix == ".py" and "migrations" not in path.parts
    }
    found = {}
    for module, path in paths.items():
        names = set()
        tree = ast.parse(path.read_text())
        if run:
            tree.body = [node for node in tree.body if not is_for_annotations(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                names |= {name if name in paths else node.module for name in whole}
        found[module] = names & paths.keys()
    return found


def is_for_annotations(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_rooms_of_letters_import_only_what_is_below_them():
    floor = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
    arrows = {
        (one, other, module)
        for module, others in modules().items()
        for imported in others
        for one, other in [(room_of(module), room_of(imported))]
        if one and other and one != other
    }

    assert {one for arrow in arrows for one in arrow[:2]} <= floor.keys()
    assert {arrow for arrow in arrows if floor[arrow[0]] >= floor[arrow[1]]} == set()


def room_of(module: str) -> str:
    app, _dot, rest = module.partition(".")
    return rest.partition(".")[0] if app == "letters" else ""


def test_no_import_goes_round_in_a_circle():
    left = modules(run=True)
    while ends := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in ends}

    assert left == {}


@pytest.mark.slow
def test_no_module_of_the_site_imports_a_test():
    wrong = [
        path
        for layer in LAYERS
        for path in tracked(layer)
        if path.suffix == ".py" and imported(path) & {"tests", "bench", "pytest", "hypothesis"}
    ]

    assert wrong == []


def test_no_line_of_a_template_or_a_style_sheet_is_over_120_columns():
    wrong = {
        f"{path.relative_to(ROOT)}:{number}": len(line)
        for folder in ["templates", "static/css"]
        for path in tracked(folder)
        if path.suffix in {".html", ".css", ".typ"}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 120
    }

    assert wrong == {}


def test_no_file_names_a_path_of_somebodys_machine():
    places = re.compile(
        r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt|opt)/(?!write4rights\b)[\w.-]+"
    )
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in tracked()
        if path.suffix in TEXT
        and path != Path(__file__)
        and (found := places.findall(path.read_text(errors="replace")))
    }

    assert wrong == {}


# --- what is written about the code is still so


@cache
def explained(path: Path) -> str:
    """What a file says to whoever reads it: a document whole, of code comments and docstrings."""
    if path.suffix == ".md":
        return path.read_text()
    if path.suffix not in COMMENTS or path.is_relative_to(ROOT / "tests/facts"):
        return ""
    text = path.read_text(errors="replace")
    said = COMMENTS[path.suffix].findall(text)
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                said.append(str(node.value.value))
    return "\n".join(said)


HASH = re.compile(r"(?:^|  )#.*", re.MULTILINE)
COMMENTS = {
    ".py": re.compile(r"(?:^ *|  )#.*", re.MULTILINE),
    **dict.fromkeys([".toml", ".yaml", ".example", ".sh", ""], HASH),
    ".html": re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}", re.DOTALL),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
    ".js": re.compile(r"/\*.*?\*/|//.*", re.DOTALL),
    ".typ": re.compile(r"//.*"),
}
SUFFIX = r"\.(?:py|md|html|txt|css|js|typ|toml|sh|svg|po)"
# `letters/mail/outbox.py`, `docs/`; no part of an address, and nothing with <name> in it.
PATH = re.compile(rf"(?<![\w/.:<>@-])((?:[\w.-]+/)+(?:[\w.-]+{SUFFIX}\b)?)(?![\w<>{{*…/-])")
ALONE = re.compile(r"(?<![\w/.:<>@*-])([\w-]+\.(?:py|md|html|css|js|typ))\b(?![/.]\w)")
MODULE = re.compile(r"(?<![\w/.])((?:cases|letters|write4rights|tests)(?:\.\w+)+)\b(?!\()")
MEMBER = re.compile(r"(?<![\w./-])([a-z_]\w+)\.(\w+)\b(?!\.\w)")  # limits.KEEP_DRAFTS_FOR
SEE_ALSO = re.compile(r"[Ss]ee also `?([\w.]+\w)`?")
# Below these, a path is looked for; what is invented for an example begins elsewhere.
FOLDERS = (
    "cases letters write4rights templates static content locale tests bench docs bin requirements"
)


def named_files(text: str, path: Path) -> Iterator[str]:
    """Names of files and folders in a text that are not there."""
    beside = [ROOT, ROOT / "templates", ROOT / "static", path.parent]
    for name in PATH.findall(text):
        is_ours = name.partition("/")[0] in FOLDERS.split()
        if is_ours and not any((folder / name).exists() for folder in beside):
            yield name
    for name in ALONE.findall(text):
        if name not in names_of_files():
            yield name
    for name in MODULE.findall(text):
        if not leads_somewhere(name) and name not in labels():
            yield name
    if path.suffix == ".py":
        for module, name in MEMBER.findall(text):
            if is_defined(name) and not is_defined(module) and module not in names_of_modules():
                yield f"{module}.{name}"


@cache
def labels() -> set[str]:
    """What Django calls models and permissions: cases.case, cases.freeze_case."""
    return {
        f"{model._meta.app_label}.{name}"
        for model in apps.get_models()
        for name in [
            model._meta.model_name,
            *(get_permission_codename(act, model._meta) for act in model._meta.default_permissions),
            *(codename for codename, _name in model._meta.permissions),
        ]
    }


@cache
def names_of_files() -> set[str]:
    return {path.name for path in tracked()}


@cache
def names_of_modules() -> set[str]:
    return {name for path in tracked() for name in (path.stem, path.parent.name)}


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def leads_somewhere(name: str) -> bool:
    """Whether a dotted name is that of a module, or of something that stands in one."""
    module, rest = name, []
    while not is_module(module):
        module, _dot, last = module.rpartition(".")
        rest.insert(0, last)
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return not rest or (path.is_file() and rest[0] in path.read_text() and is_defined(rest[-1]))


def is_defined(name: str) -> bool:
    return name in definitions()


@cache
def definitions() -> set[str]:
    """What our Python defines: functions, classes, and names that are given a value."""
    define = re.compile(
        r"^\s*(?:(?:async )?def|class) (\w+)|^\s*(\w+)(?:: [^=\n]+)? = ", re.MULTILINE
    )
    return {
        function or value
        for path in tracked()
        if path.suffix == ".py"
        for function, value in define.findall(path.read_text())
    }


def wrong_in_texts(find) -> dict[str, list[str]]:
    """What `find` says of the texts of each file, where it says something."""
    return {
        path.relative_to(ROOT).as_posix(): wrong
        for path in tracked()
        if (wrong := sorted(set(find(explained(path), path))))
    }


@pytest.mark.slow
def test_files_and_modules_that_a_text_names_are_there():
    assert wrong_in_texts(named_files) == {}


@pytest.mark.parametrize(
    "text",
    [
        "see letters/nowhere.py",
        "as in nowhere.py",
        "`letters.nowhere.Letter`",
        "nowhere.named_files",
        "docs/nowhere/",
    ],
)
def test_a_name_of_what_is_not_there_is_found(text):
    [found] = named_files(text, Path(__file__))

    assert "nowhere" in found


@pytest.mark.slow
def test_links_of_documents_lead_somewhere():
    def dead(text: str, path: Path) -> Iterator[str]:
        if path.suffix == ".md":
            for link in re.findall(r"\]\(([^)\s#]+)", text):
                if "://" not in link and not (path.parent / link).exists():
                    yield link

    assert wrong_in_texts(dead) == {}


def test_what_a_comment_points_at_is_defined():
    assert (
        wrong_in_texts(
            lambda text, _path: (
                name
                for name in SEE_ALSO.findall(text)
                if not is_defined(name.rpartition(".")[2]) and not is_module(name)
            )
        )
        == {}
    )


@pytest.mark.slow
def test_every_rule_that_a_comment_cites_is_one_and_names_what_proves_it():
    safety = (ROOT / "docs/safety.md").read_text()
    rules = re.findall(r"^\*\*(\d+|[A-Z])\. ", safety, re.MULTILINE)
    assert rules == [*"ABCDEFGHI", *map(str, range(1, 25))]
    said = [part for part in safety.split("\n\n") if part.startswith("**")]
    assert [part for part in said if "`tests/" not in part] == []
    cited = re.compile(r"docs/safety\.md[`)]? ((?:\d+|[A-Z])\b(?:(?:, | and )(?:\d+|[A-Z])\b)*)")

    def no_rule(text: str, _path: Path) -> Iterator[str]:
        for numbers in cited.findall(text):
            yield from set(re.split(", | and ", numbers)) - set(rules)
        yield from re.findall(r"\b(?:SAFETY|DESIGN|ROOMS|STYLE)(?:\.md|(?= §?\d))", text)

    assert wrong_in_texts(no_rule) == {}


def test_whatever_is_held_in_memory_is_in_the_list_of_it():
    listed = (ROOT / "docs/architecture.md").read_text().partition("## What is held in memory")[2]
    holds = re.compile(r"@lru_cache\b|@cache\b|^_\w+(?:: .*)? = \{\}", re.M)
    holding = [
        path.relative_to(ROOT).as_posix()
        for layer in LAYERS
        for path in tracked(layer)
        if path.suffix == ".py" and holds.search(path.read_text())
    ]

    assert len(holding) > 10
    assert [name for name in holding if f"`{name}`" not in listed] == []


def test_what_stands_around_the_code_is_there():
    files = "CONTRIBUTING.md SECURITY.md CHANGELOG.md LICENSE .editorconfig .pre-commit-config.yaml"
    files += " .github/pull_request_template.md"
    documents = "architecture glossary operations safety testing"
    readme = (ROOT / "README.md").read_text()

    assert [name for name in files.split() if not (ROOT / name).is_file()] == []
    for name in documents.split():
        assert f"(docs/{name}.md)" in readme


@pytest.mark.parametrize("name", ["base", "redis", "dev", "mutants", "bootstrap"])
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
    base, redis, dev, mutants = (
        dict(versions.findall((ROOT / f"requirements/{name}.txt").read_text()))
        for name in ["base", "redis", "dev", "mutants"]
    )

    assert base.items() | redis.items() <= dev.items()
    assert {name: mutants[name] for name in mutants & dev.keys()}.items() <= dev.items()


def test_no_file_has_the_marks_of_a_conflict():
    kinds = {".css", ".html", ".js", ".md", ".po", ".py", ".toml", ".txt", ".typ"}
    marks = ("<" * 7 + " ", ">" * 7 + " ")

    left = [
        path
        for path in tracked()
        if path.suffix in kinds
        and any(line.startswith(marks) for line in path.read_text().splitlines())
    ]

    assert left == []


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
        for target in record.get("targets", [])
        if (target.get("postal") or target.get("email")) and not target.get("source_url")
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


# What a fifteen-year-old would not say, and what to say instead. It grew from what readers stumbled
# over; docs/glossary.md has the one word for each thing.
UNPLAIN = {
    r"\bshall\b": "should, will",
    r"\b(?:becomes?|became|comes|came) of\b": "what happens to, what happened in",
    r"(?<!\bfor )(?<!\bby )\bwhom\b": "who",
    r"(?:^|\. )Else\b|\belse not\b": "otherwise",
    r"\bstands? (?:as|at|below|for each|here|in|nowhere|on|there|twice|under)\b": "is, appears",
    r"\bno less\b": "counts just as much",
    r"\b(?:your|the|a|of) promises?\b(?! is a)|\bpromise letters\b": "pledge",
    r"\banew\b": "again",
    r"\btick off\b|\btake the tick\b": "untick",
    r"\b(?:for|by|to) who\b": "to people who",
    r"\bin this hour\b": "in the last hour",
    r"\bneed do nothing\b": "don’t need to do anything",
    r"\bbody of the campaign\b": "somebody from the campaign",
    r"\bopens? nothing\b": "stops working",
    r"\bhangs? on\b": "everything under",
    r"\banswers? (?:came|from officials|from %\(name\)s)": "reply",
    r"\bpaper (?:lies|stays) on\b|\bevery word of it is ours\b": "say what is meant",
    r"Constraint “": "the sentence of the constraint: violation_error_message",
}


@cache
def sentences() -> list[str]:
    """All that is marked to be read by people, on pages, in mails and by staff."""
    return [
        text
        for message in translations.extract()
        for text in (message.id if isinstance(message.id, tuple) else [message.id])
    ]


@pytest.mark.parametrize("phrase", UNPLAIN)
def test_nothing_that_people_read_is_said_as_nobody_says_it(phrase):
    found = [text for text in sentences() if re.search(phrase, text, re.IGNORECASE)]

    assert found == [], f"say: {UNPLAIN[phrase]}"


def shown(record: dict) -> str:
    """The words of a content file that readers see."""
    kept = {name: value for name, value in record.items() if name not in ("staff_note", "sources")}
    return str(kept)


def test_rocky_myers_is_not_said_to_be_free():
    told = tomllib.loads(next((ROOT / "content").glob("*/rocky-myers.toml")).read_text())

    assert not re.search(r"\bfreed\b|\breleased\b|\bis free\b", shown(told), re.I)
    assert "life without parole" in shown(told)
    assert told["outcomes"][-1]["kind"] == "sentence-commuted"
