# Two commands do everything: `make run` and `make test`. `make help` names the others.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PORT ?= 8000
# Each of the many processes of a run would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test quick lint format bench growth point-in-time walk rehearse cluster snapshots mutants try-install locks clean anew

help:
	@echo "make run      the site at 127.0.0.1:$(PORT), with the 2025 campaign and a staff login"
	@echo "make test     everything that must hold: lint, migrations, translations, tests, journeys"
	@echo "make quick    lint, and on SQLite every test but the slow ones, while you work"
	@echo "make lint     only what needs no test run;  make format  sets the code straight"
	@echo "make bench    what a request costs (ROWS=1000000 adds lists with so many letters)"
	@echo "make growth   what a million letters take, and how many acts a second are counted"
	@echo "make point-in-time  kills a PostgreSQL of its own under 300 writers, and recovers it"
	@echo "make walk     what a supporter does on a phone, counted: clicks, fields, pages, bytes"
	@echo "make rehearse  the peak day with people behind nginx (MINUTES=10 VISITORS_AN_HOUR=100000; FLOOD=1, MAIL=1)"
	@echo "make cluster  several hosts in network namespaces, broken one after the other under people (root)"
	@echo "make snapshots  keeps what each page now says to who listens, in tests/snapshots/"
	@echo "make mutants  breaks the code that counts, publishes, erases and checks, and tells what no test noticed"
	@echo "make try-install  installs the site on a bare Debian, in a container (root, debootstrap, systemd-container)"
	@echo "make locks    pins the newest versions that pyproject.toml allows"

run: var/prepared
	@exec bin/serve

# Only when something it reads is newer, or there is no database: a second start takes no detour.
PREPARED_FROM := $(shell find cases letters write4rights content static locale -type f \
	-not -name '*.pyc' -not -name '*.mo')
var/prepared: .venv/base.stamp .env $(PREPARED_FROM) $(if $(wildcard var/db.sqlite3),,anew)
	@python manage.py prepare --demo
	@touch $@

test: .venv/dev.stamp
	@bin/test

quick: lint
	DATABASE_URL=sqlite:///test.sqlite3 python -m pytest -q -n logical --dist load -m "not browser and not slow" tests

lint: .venv/dev.stamp
	ruff check .
	ruff format --check .
	djade --check $$(git ls-files 'templates/*.html')
	mypy

format: .venv/dev.stamp
	ruff check --fix .
	ruff format .
	djade $$(git ls-files 'templates/*.html')

bench: .venv/dev.stamp
	python -m bench

growth: .venv/dev.stamp
	python -m bench.growth

point-in-time: .venv/dev.stamp
	python -m bench.point_in_time

snapshots: .venv/dev.stamp
	WRITE_SNAPSHOTS=1 DATABASE_URL=sqlite:///test.sqlite3 \
		python -m pytest -q -n logical tests/test_accessibility.py -k "not admin and not staff"

walk: .venv/dev.stamp
	python -m bench.walks

rehearse: .venv/rehearse.stamp
	python -m bench.rehearse

cluster: .venv/cluster.stamp
	python -m bench.cluster

# All take hours: MUTANTS="letters.privacy.erasure.*" are those of a file, "*[37]" a fifth of all.
MUTANTS ?=
mutants: .venv/mutants.stamp
	DATABASE_URL=sqlite:///test.sqlite3 mutmut run $(foreach name,$(MUTANTS),"$(name)")
	@mutmut results | grep -v 'not checked' || echo 'None survived.'

# FROM=COMMIT: that release is installed, and then upgraded to this one while people read and sign.
try-install:
	deploy/try/run $(if $(FROM),--from $(FROM))

# The environment: made anew when its lock changes.
.venv/bin/uv: requirements/bootstrap.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/base.stamp: .venv/bin/uv requirements/base.txt
	uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev.stamp: .venv/bin/uv requirements/dev.txt
	uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/dev.txt
	@touch $@ .venv/base.stamp

.venv/mutants.stamp: .venv/dev.stamp requirements/mutants.txt
	uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/mutants.txt
	@touch $@

.venv/rehearse.stamp: .venv/dev.stamp requirements/rehearse.txt
	uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/rehearse.txt
	@touch $@

.venv/cluster.stamp: .venv/rehearse.stamp requirements/cluster.txt
	uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/cluster.txt
	@touch $@

.env: | .venv/base.stamp
	@python -m write4rights.make_env > $@ && chmod 600 $@

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
locks: .venv/bin/uv
	# What botocore takes, so that base.txt and s3.txt can be installed side by side.
	echo 'python-dateutil<3' | $(LOCK) --upgrade pyproject.toml -c - -o requirements/base.txt
	$(LOCK) --upgrade --group redis -c requirements/base.txt -o requirements/redis.txt
	$(LOCK) --upgrade --group sentry -c requirements/base.txt -o requirements/sentry.txt
	$(LOCK) --upgrade --group s3 -c requirements/base.txt -o requirements/s3.txt
	$(LOCK) --upgrade pyproject.toml --group dev -c requirements/base.txt -c requirements/redis.txt \
		-c requirements/s3.txt -c requirements/sentry.txt -o requirements/dev.txt
	$(LOCK) --upgrade --group mutants -c requirements/dev.txt -o requirements/mutants.txt
	$(LOCK) --upgrade --group rehearse -c requirements/dev.txt -o requirements/rehearse.txt
	$(LOCK) --upgrade --group cluster -c requirements/dev.txt -c requirements/rehearse.txt \
		-o requirements/cluster.txt
	$(LOCK) --upgrade --group bootstrap -o requirements/bootstrap.txt

clean:
	rm -rf .venv var/static .pytest_cache .ruff_cache .mypy_cache .hypothesis mutants
