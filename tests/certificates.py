"""Certificates for tests of what is encrypted on its way."""

import subprocess
from pathlib import Path


def signed_by_itself(folder: Path) -> Path:
    path = folder / "both.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command += f" -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {path} -out -"
    made = subprocess.run(command.split(), check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path
