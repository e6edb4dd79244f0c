"""Prints an .env for a copy of the site on your own machine, with secrets made just now.

python -m write4rights.make_env > .env
"""

import secrets
import sys

from cryptography.fernet import Fernet

FRESH = """\
# Made for this copy of the site; kept out of git. .env.example says what else there is.
SECRET_KEY={secret_key}
ENCRYPTION_KEYS={encryption_key}
HASH_KEY={hash_key}
ALLOWED_HOSTS=127.0.0.1,localhost
HTTPS=False
SITE_URL=http://127.0.0.1:8000
"""

if __name__ == "__main__":
    sys.stdout.write(
        FRESH.format(
            secret_key=secrets.token_urlsafe(50),
            encryption_key=Fernet.generate_key().decode(),
            hash_key=secrets.token_urlsafe(32),
        )
    )
