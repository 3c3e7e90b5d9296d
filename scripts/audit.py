"""Known vulnerabilities of what requirements.lock pins, by pip-audit and the database of OSV.

Without the tool, or without a way to the database, it says that it was skipped and lets the check pass: a machine
without a network must be able to check its work. Whatever is found, and any other fault, fails.

    python scripts/audit.py [requirements.lock]
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
SECONDS = 180
AWAY = ("NameResolutionError", "ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "Could not connect")
"""How the tool ends where the database cannot be reached."""


def main(lock: Path) -> int:
    """The exit code for make: 0 where nothing is known, or where nobody could look; 1 otherwise."""
    tool = shutil.which("pip-audit", path=sysconfig.get_path("scripts")) or shutil.which("pip-audit")
    if tool is None:
        return _skipped("there is no pip-audit here (pip install pip-audit)")
    options = ["--disable-pip", "--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    command = [tool, "--requirement", str(lock), "--require-hashes", *options]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _skipped(f"the database of OSV did not answer within {SECONDS} seconds")
    try:
        read = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if any(word in run.stderr for word in AWAY):
            return _skipped("the database of OSV cannot be reached")
        print(f"pip-audit failed:\n{run.stderr[-2000:]}", file=sys.stderr)
        return 1
    known = [(each["name"], each["version"], bad["id"]) for each in read for bad in each.get("vulns", ())]
    for name, version, number in known:
        print(f"pip-audit: {name} {version} has {number}", file=sys.stderr)
    if not known:
        print(f"pip-audit: nothing is known against {len(read)} packages")
    return 1 if known or run.returncode else 0


def _skipped(why: str) -> int:
    print(f"pip-audit: SKIPPED, {why}; nobody looked for known vulnerabilities")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else LOCK))
