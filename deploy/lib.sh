# What deploy/install, deploy/upgrade and deploy/release have in common. Read by them: `. deploy/lib.sh`.
# shellcheck shell=sh disable=SC2034
base=/opt/write4rights
env_file=/etc/write4rights/env
data=/srv/write4rights

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

as_site() { # as_site FOLDER COMMAND…: there, as the user whom the site runs as
    (cd "$1" && shift && exec runuser -u write4rights -- "$@")
}
manage() { # manage FOLDER COMMAND…: a command of that release
    there=$1 && shift
    as_site "$there" .venv/bin/python manage.py "$@"
}

setting() { # setting NAME: as it stands in the environment of the site, without quotes around it
    sed -n "s/^$1=//p" "$env_file" | tail -1 | sed "s/^'\(.*\)'\$/\1/; s/^\"\(.*\)\"\$/\1/"
}

hosts() { # names of the site, a space between them; the first is its own
    setting ALLOWED_HOSTS | tr -s ', ' ' ' | sed 's/^ //; s/ $//'
}

packages() { # packages RELEASE: what it needs always, and what the environment asks for
    asked=$(tr -d "\"'" < "$env_file" |
        sed -n 's/^CACHE_URL=redis.*/redis/p; s/^[A-Z_]*=s3:.*/s3/p; s/^SENTRY_DSN=..*/sentry/p' | sort -u)
    for name in base $asked; do
        # From wherever pip of this machine gets them (pip config list); the hashes say that they are the right ones.
        "$1/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
            -r "$1/requirements/$name.txt" >&2
    done
}

static_files() { # static_files RELEASE: make them, and lay them to those that pages of earlier releases name
    chown -R write4rights: "$1/var" "$1/locale"
    as_site "$1" env DJANGO_SETTINGS_MODULE=write4rights.settings \
        .venv/bin/python -c 'from write4rights import translations; translations.compile_all()'
    manage "$1" collectstatic --noinput --verbosity 0
    chown -R root: "$1"
    mkdir -p "$data/www/static"
    cp -Rn "$1/var/static/." "$data/www/static/"
    rm -f "$data/www/static/staticfiles.json"
    cp "$1"/deploy/nginx/www/*.html "$data/www/"
    chmod -R a+rX "$data/www"
}

has() { manage "$1" help "$2" > /dev/null 2>&1; } # has RELEASE COMMAND

pictures() { # pictures RELEASE: those that were uploaded before, in the sizes that its pages show
    if has "$1" render_pictures; then manage "$1" render_pictures; fi
}

proxy() { # proxy RELEASE COLOUR: nginx as that release has it, before the web server of that colour
    former=$(mktemp -d)
    cp -a /etc/nginx/nginx.conf "$former/"
    [ ! -d /etc/nginx/write4rights ] || cp -a /etc/nginx/write4rights "$former/"
    if ! HOSTS=$(hosts) ADMIN_PATH=$(setting ADMIN_PATH) HSTS_SUBDOMAINS=$(setting HSTS_SUBDOMAINS) \
        UPSTREAM="unix:/run/write4rights-web/$2.sock" "$1/deploy/nginx/configure" /etc/nginx || ! nginx -t -q; then
        rm -rf /etc/nginx/write4rights
        cp -a "$former/." /etc/nginx/
        rm -rf "$former"
        fail "nginx would not start with the new files, so the former ones are in /etc/nginx again."
    fi
    rm -rf "$former"
}

units() { # units RELEASE: systemd's files as that release has them
    install -m 644 "$1"/deploy/systemd/*.service "$1"/deploy/systemd/*.timer /etc/systemd/system/
    install -m 644 "$1/deploy/systemd/write4rights.conf" /etc/tmpfiles.d/
    # The services may write where the environment says; all else is read-only for them.
    install -d /etc/systemd/system/write4rights-.service.d
    {
        echo "[Service]"
        for name in MEDIA_ROOT PRIVATE_ROOT RENDERED_DIR RUNTIME_DIR BACKUP_STORAGE; do
            setting "$name" | sed -n 's/%/%%/g; s/^\/.*/ReadWritePaths="-&"/p'
        done
    } > /etc/systemd/system/write4rights-.service.d/folders.conf
    systemd-tmpfiles --create write4rights.conf
    systemctl daemon-reload
    systemctl enable --quiet --now write4rights-doctor.timer
    [ -z "$(setting BACKUP_KEY)" ] || systemctl enable --quiet --now write4rights-backup.timer
}

answers() { # answers COLOUR [PATH]: whether the web server of that colour is well
    host=$(hosts) && host=${host%% *}
    curl --silent --fail --max-time 10 --output /dev/null --unix-socket "/run/write4rights-web/$1.sock" \
        --header "Host: $host" --header 'X-Forwarded-Proto: https' "http://site${2:-/healthz}"
}

wait_for() { # wait_for COLOUR
    for _second in $(seq 60); do
        answers "$1" && return
        sleep 1
    done
    fail "The web server does not answer: journalctl -u write4rights-web@$1"
}
