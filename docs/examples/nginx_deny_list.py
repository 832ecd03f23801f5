"""Keeps a file for nginx of those against whom Weir enforces a block, and has nginx read it again when it changes.

    python nginx_deny_list.py --kafka 127.0.0.1:19092 --entity ip --file /etc/nginx/weir/deny.conf
        --reload "nginx -s reload"

``deny`` lines are for addresses and networks: ``include weir/deny.conf;`` in a server or location. ``map`` lines are
for everything else, here for accounts that a cookie names:

    map $cookie_account $denied { default 0; include weir/accounts.map; }
    server { if ($denied) { return 403; } }

The file is replaced whole, so nginx never reads half of it. While Kafka is away it stays as it is, but for what
expires meanwhile. Values come from events, so anybody may choose them: only harmless ones are written.
"""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from models.actions import ACTIONS
from streams.clients.enforcement import EnforcementClient

log = logging.getLogger("nginx_deny_list")
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+:-]{0,255}")


def deny_line(value: str) -> str | None:
    """An address or a network; None if it is neither, or a network so large that it were half the world."""
    if "%" in value:
        # Python takes any text behind it for the name of an interface.
        return None
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    return f"deny {network};" if network.prefixlen >= (16 if network.version == 4 else 32) else None


def map_line(value: str) -> str | None:
    """A name; None if nginx could take it for more. nginx maps do not tell capital letters from small ones."""
    # The backslash keeps nginx from taking "default" or "include" for a word of its own.
    return f'"\\\\{value.lower()}" 1;' if PLAIN.fullmatch(value) else None


def render(client: EnforcementClient, entity: str, at_least: str, line_of: Callable[[str], str | None]) -> str:
    lines = [line_of(value) for _, value, _ in client.enforced(entity, at_least)]  # type: ignore[arg-type]
    if None in lines:
        log.warning("%d values cannot be written for nginx, and are left out", lines.count(None))
    return "".join(f"{line}\n" for line in sorted({line for line in lines if line is not None}))


def replace(path: Path, text: str) -> None:
    """Under its name the file is there whole, before and after, whatever happens in between."""
    number, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)


def reload(command: str) -> None:
    if command and (code := subprocess.run(shlex.split(command), check=False).returncode):
        log.error("%r ended with %d: nginx goes on with the list that it has", command, code)


def main() -> None:
    words = argparse.ArgumentParser(description="Keep a deny list for nginx from Weir's enforcements.")
    words.add_argument("--kafka", default="127.0.0.1:19092", help="Kafka's servers, comma separated")
    words.add_argument("--topic", default="enforcements", help="with its prefix, if Weir's topics have one")
    words.add_argument("--entity", default="ip", help="what the list is of, as in account or ip")
    words.add_argument("--at-least", default="block", choices=ACTIONS[2:], help="the mildest action that counts")
    words.add_argument("--format", choices=("deny", "map"), help="by default deny for ip, else map")
    words.add_argument("--file", type=Path, required=True)
    words.add_argument("--reload", default="", help="the command after a change, as in 'nginx -s reload'")
    words.add_argument("--every", type=float, default=1.0, help="seconds between two changes of the file, at least")
    given = words.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    line_of = deny_line if (given.format or ("deny" if given.entity == "ip" else "map")) == "deny" else map_line
    written, changed = None, True
    with EnforcementClient(given.kafka, given.topic) as client:
        client.read_to_end()
        while True:
            if changed and (text := render(client, given.entity, given.at_least, line_of)) != written:
                replace(given.file, text)
                written = text
                reload(given.reload)
                log.info("%d lines", text.count("\n"))
            # What comes within so long goes into the next file together.
            until_s, changed = time.monotonic() + given.every, False
            while (left_s := until_s - time.monotonic()) > 0:
                changed = bool(client.poll(left_s)) or changed


if __name__ == "__main__":
    main()
