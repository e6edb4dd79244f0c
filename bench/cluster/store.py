"""An S3-compatible store that keeps what it took on a disk: OpenStack Swift, one of each server."""

import sys
import time
from contextlib import suppress
from pathlib import Path

from bench.cluster.network import Host

PORT = 8080
PROGRAMS = Path(sys.executable).parent
PORTS = {"account": 6202, "container": 6201, "object": 6200}
ACCESS = {"AWS_ACCESS_KEY_ID": "site:site", "AWS_SECRET_ACCESS_KEY": "of-a-run-that-is-gone"}
BUCKET = "write4rights"
COMMON = """[DEFAULT]
bind_ip = {address}
bind_port = {port}
workers = 0
user = root
swift_dir = {folder}
devices = {folder}/disks
mount_check = false
log_level = WARNING
log_name = {name}
"""
PROXY = """[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_site_site = {secret} .admin
"""
FILTERS = ["catch_errors", "gatekeeper", "healthcheck", "listing_formats", "s3api", "slo"]
NAMES = """[swift-hash]
swift_hash_path_suffix = of this run
[storage-policy:0]
name = one
default = yes
"""


class Store:
    def __init__(self, folder: Path, host: Host) -> None:
        self.folder, self.host = folder, host
        self.address = f"http://{host.address}:{PORT}"
        (folder / "disks/one").mkdir(parents=True)
        (folder / "swift.conf").write_text(NAMES)
        for name, port in PORTS.items():
            self._make_ring(name, port)
            app = f"[app:{name}-server]\nuse = egg:swift#{name}\n"
            self._write(name, port, f"[pipeline:main]\npipeline = {name}-server\n{app}")
        filters = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS)
        proxy = PROXY.format(secret=ACCESS["AWS_SECRET_ACCESS_KEY"])
        self._write("proxy", PORT, proxy + filters)

    def _write(self, name: str, port: int, parts: str) -> None:
        common = COMMON.format(address=self.host.address, port=port, folder=self.folder, name=name)
        (self.folder / f"{name}.conf").write_text(common + parts)

    def _make_ring(self, name: str, port: int) -> None:
        """Where things lie: all on one disk of one host."""
        from swift.common.ring import RingBuilder

        ring = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
        there = {"ip": self.host.address, "port": port, "device": "one", "weight": 1}
        ring.add_dev(there | {"region": 1, "zone": 1})
        ring.rebalance()
        ring.get_ring().save(str(self.folder / f"{name}.ring.gz"))

    def start(self) -> None:
        for name in [*PORTS, "proxy"]:
            self.host.start(
                str(PROGRAMS / f"swift-{name}-server"), str(self.folder / f"{name}.conf")
            )

    def is_well(self) -> bool:
        with suppress(Exception):
            self._client().list_objects_v2(Bucket=BUCKET, MaxKeys=1)
            return True
        return False

    def make_bucket(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                self._client().create_bucket(Bucket=BUCKET)
                return
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def _client(self):
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name="us-east-1",
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
            config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
        )

    def place(self, folder: str) -> str:
        return f"s3://{BUCKET}/{folder}?endpoint_url={self.address}"
