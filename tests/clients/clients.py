"""Runs programs by other people against the provider emulator and prints what became of each feature.

    python clients.py EMULATOR NODE_FOLDER [CLIENT...]

EMULATOR is the binary `emulator` of llm-cache-tests. Every `*_sdk.py` and `*_sdk.mjs` of this
folder is a client; NODE_FOLDER has the packages of the latter. A client with other versions than
the rest has them in `requirements_NAME.txt`, installed in `venv_NAME` beside this interpreter's
environment. With CLIENT (a file's name without
its ending) only those run. Each client gets an emulator of its own, and a line of JSON on its
standard output for each feature (see harness.py). Ends with code 1 where a feature failed, or a
client ended before its features did. `.ci/run clients` prepares all of it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A client that hangs has failed; none takes a tenth of it.
CLIENT_SECONDS = 120
# Settings of the machine that would change what a client sends, or where.
FOREIGN = ("ANTHROPIC_", "OPENAI_", "OTEL_")
PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def environment(url):
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in PROXIES
    }
    return kept | {"EMULATOR_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}


def run(emulator, command):
    """The features that a client reported, with why each failed; and why the client itself did."""
    with subprocess.Popen([emulator], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        try:
            done = subprocess.run(
                command, env=environment(url), stdout=subprocess.PIPE, text=True, check=False,
                timeout=CLIENT_SECONDS,
            )
            output, ended = done.stdout, done.returncode and f"ended with code {done.returncode}"
        except subprocess.TimeoutExpired as late:
            output, ended = (late.stdout or b"").decode(), f"hangs: {CLIENT_SECONDS} s"
        finally:
            server.stdin.close()
    reports = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    features = {report["feature"]: report["failure"] for report in reports if "feature" in report}
    if not ended and not any(report.get("done") for report in reports):
        ended = "ended before its features did"
    if not ended and not features:
        ended = "has no features"
    return features, ended


def python_of(client):
    """The interpreter of a client: its own where it has requirements of its own, else this one."""
    name = client.removesuffix("_sdk")
    if not (HERE / f"requirements_{name}.txt").exists():
        return sys.executable
    return Path(sys.prefix).with_name(f"venv_{name}") / "bin" / "python"


def commands(node_folder):
    """(client, command) of every client."""
    for file in sorted(HERE.glob("*_sdk.py")):
        yield file.stem, [python_of(file.stem), file]
    for file in sorted(HERE.glob("*.mjs")):
        # A module finds packages beside itself only.
        shutil.copy(file, node_folder)
        if file.stem.endswith("_sdk"):
            yield file.stem + " (js)", ["node", node_folder / file.name]


def main():
    emulator, node_folder, *wanted = sys.argv[1:]
    clients = dict(commands(Path(node_folder)))
    if wanted:
        clients = {name: run for name, run in clients.items() if name.split()[0] in wanted}
    rows, failures = [], []
    for client, command in clients.items():
        features, ended = run(emulator, command)
        rows += [(client, feature, failure is None) for feature, failure in features.items()]
        failures += [(client, feature, why) for feature, why in features.items() if why is not None]
        if ended:
            failures.append((client, "the program", ended))
    print(f"{'client':<20} {'feature':<22} {'passed':>6} {'failed':>6}")
    for client, feature, passed in rows:
        print(f"{client:<20} {feature:<22} {int(passed):>6} {int(not passed):>6}")
    for client, feature, why in failures:
        print(f"clients: {client}: {feature}: {why}", file=sys.stderr)
    passed = sum(passed for _, _, passed in rows)
    print(f"{'sum':<20} {len(clients):>2} clients {'':<11} {passed:>6} {len(failures):>6}")
    sys.exit(1 if failures or not rows else 0)


if __name__ == "__main__":
    main()
