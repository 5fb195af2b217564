"""Compares implementations of the request key: key.py, the Rust example `key`, and for canonical
bytes also the npm package `canonicalize`, the PyPI package `rfc8785` and the Rust crate
`serde_json_canonicalizer`.

    python interop.py KEY JCS NODE_FOLDER [--numbers N] [--seed S]

KEY and JCS are the examples `key` and `jcs` (of fuzz/) as they were built, NODE_FOLDER has
canonicalize.mjs and what it imports. Prints what was compared; ends with code 1 at the first
difference. `.ci/run interop` prepares all of it.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import rfc8785

import generate
import key

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
TRAFFIC = {
    "anthropic_messages": "anthropic.messages",
    "anthropic_count_tokens": "anthropic.messages",
    "openai_chat": "openai.chat",
    "openai_responses": "openai.responses",
}


def die(*words):
    sys.exit("interop: " + " ".join(map(str, words)))


def shown(line, at=0):
    """A line, shortened around a place."""
    return ascii(line[max(0, at - 100) : at + 200].decode("utf-8", "replace"))


def differ(what, line, answers):
    """Ends the run and shows where two answers to a line part."""
    at = len(os.path.commonprefix(list(answers.values())))
    print(f"interop: {what}: answers differ from byte {at} on", file=sys.stderr)
    print(f"  {'document':<24} {shown(line)}", file=sys.stderr)
    for name, answer in answers.items():
        print(f"  {name:<24} {shown(answer, at)}", file=sys.stderr)
    sys.exit(1)


class Others:
    """The implementations that are programs."""

    def __init__(self, rust, jcs, node_folder):
        self.rust = rust
        self.jcs = jcs
        self.node_folder = node_folder

    def run(self, command, lines, path_last=False):
        """What a command answers to the lines, of which each must get one."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"".join(line + b"\n" for line in lines))
            file.flush()
            command = list(map(str, command)) + ([file.name] if path_last else [])
            with open(file.name, "rb") as stdin:
                done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE, check=False)
        answers = done.stdout.split(b"\n")[:-1]
        if done.returncode != 0 or len(answers) != len(lines):
            die(command, "ended with", done.returncode, "after", len(answers), "answers")
        return answers

    def keys(self, lines, options):
        return self.run([self.rust, "--lines", *options], lines)

    def canonical(self, lines):
        return self.run([self.rust, "--lines", "--canonical"], lines)

    def canonicalizer(self, lines):
        return self.run([self.jcs], lines)

    def canonicalize(self, lines):
        script = self.node_folder / "canonicalize.mjs"
        return self.run(["node", script], lines, path_last=True)


def check_vectors():
    """Holds key.py to the published vectors, those of KEY.md and those of tests/data."""
    page = [line for line in (ROOT / "core/KEY.md").read_text().splitlines() if line[:1] == "{"]
    file = (ROOT / "tests/data/key-v1.jsonl").read_text().splitlines()
    refused = 0
    for line in page + file:
        vector = json.loads(line)
        body = bytes.fromhex(vector.get("body_hex", "")) or vector.get("body", "").encode()
        expected = {name: vector[name] for name in ("canonical", "key", "error") if name in vector}
        try:
            found = {
                "key": key.key(vector, body),
                "canonical": key.canonical(body, vector["dialect"], vector.get("input")).decode(),
            }
        except key.Refused as fault:
            refused += 1
            found = {"error": {"kind": fault.kind, "offset": fault.offset}}
        if found != expected:
            die("vector", vector.get("name", line), "\n  expected", expected, "\n  found   ", found)
    if len(page) < 7 or len(file) < 658:
        die("vectors are missing")
    print(f"vectors: {len(page)} of KEY.md and {len(file)} of tests/data, {refused} of them errors")


def recorded():
    """(dialect, URL, request, response) of all recorded traffic; nothing without it."""
    if not SHARED.is_dir():
        if os.environ.get("LLM_CACHE_NO_SKIP") == "1":
            die("LLM_CACHE_NO_SKIP=1 and a comparison would be skipped: no ../shared")
        print("skipped: no ../shared")
        return
    for name, dialect in TRAFFIC.items():
        with gzip.open(SHARED / "traffic" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                pair = json.loads(line)
                url = f"https://{pair['host']}{pair['path']}"
                yield dialect, url, pair["request"], pair["response"]


def check_traffic(others):
    """Keys of every recorded request, under its dialect and endpoint: key.py and Rust.

    Requests and recorded answers also go into the comparison of canonical bytes.
    """
    by_scope, documents = {}, []
    for at, (dialect, url, request, response) in enumerate(recorded()):
        # Both spellings of what is not ASCII.
        body = json.dumps(request, ensure_ascii=at % 2 == 0).encode()
        by_scope.setdefault((dialect, url), []).append(body)
        documents += [body, json.dumps(response, ensure_ascii=at % 2 == 1).encode()]
    counts = {}
    for (dialect, url), bodies in by_scope.items():
        scope = {
            "dialect": dialect, "endpoint": {"url": url}, "api_version": "2023-06-01",
            "betas": ["b-1", "a-1"], "tenant": {"named": "team"}, "namespace": "n", "variant": 3,
            "headers": [["x-b", "1"], ["X-A", "2"]],
        }
        options = [
            "--dialect", dialect, "--endpoint", url, "--api-version", "2023-06-01", "--beta", "b-1",
            "--beta", "a-1", "--tenant", "team", "--namespace", "n", "--variant", "3",
            "--header", "x-b:1", "--header", "X-A:2",
        ]
        for body, rust in zip(bodies, others.keys(bodies, options), strict=True):
            ours = key.key(scope, body).encode()
            if ours != rust:
                differ(f"key under {dialect}, {url}", body, {"key.py": ours, "rust": rust})
        counts[dialect] = counts.get(dialect, 0) + len(bodies)
    for dialect, count in counts.items():
        print(f"keys of recorded requests: {count} of {dialect}")
    check_canonical(others, "recorded requests and answers", documents, len(documents))


def check_canonical(others, what, lines, count, page_step=1):
    """Canonical bytes of each line: ours, npm, PyPI, serde's; key.py's of each `page_step`th."""
    programs = [others.canonical(lines), others.canonicalize(lines), others.canonicalizer(lines)]
    for at, (line, rust, npm, serde) in enumerate(zip(lines, *programs, strict=True)):
        found = {
            "rust": rust, "canonicalize": npm, "serde_json_canonicalizer": serde,
            "rfc8785": rfc8785.dumps(json.loads(line)),
        }
        if at % page_step == 0:
            found["key.py"] = key.canonical(line)
        if len(set(found.values())) != 1:
            differ(what, line, found)
    if count:
        size = sum(map(len, lines)) / 1e6
        print(f"canonical bytes by rust, canonicalize, serde_json_canonicalizer, rfc8785: {count} "
              f"{what}, {size:.1f} MB; a line of {page_step} by key.py")


def check_generated(others, count, seed):
    """Canonical bytes of generated I-JSON: `count` numbers and a few, a third as many strings."""
    rng = random.Random(seed)
    for what, made in [
        (f"numbers (seed {seed})", generate.numbers(rng, count)),
        ("strings", generate.strings(rng, count // 3)),
        ("documents", ((generate.document(rng, 4), 1) for _ in range(count // 60))),
    ]:
        lines, counts = zip(*made)
        check_canonical(others, what, [line.encode() for line in lines], sum(counts), page_step=4)


def check_damaged(others, count, seed):
    """Whether key.py and Rust refuse the same documents, and agree on the others.

    A document with several faults may be refused for any of them, so the errors need not be equal.
    """
    rng, refused = random.Random(seed), 0
    lines = [generate.damaged(rng) for _ in range(count)]
    for line, rust in zip(lines, others.canonical(lines), strict=True):
        try:
            ours = key.canonical(line)
        except key.Refused as fault:
            refused += 1
            ours = rust if rust.startswith(b"error ") else str(fault).encode()
        if ours != rust:
            differ("damaged documents", line, {"key.py": ours, "rust": rust})
    print(f"refusals by rust, key.py: {refused} of {count} damaged documents; else equal bytes")


def main():
    arguments = argparse.ArgumentParser(description="Compares implementations of the request key.")
    arguments.add_argument("key", type=Path)
    arguments.add_argument("jcs", type=Path)
    arguments.add_argument("node_folder", type=Path)
    arguments.add_argument("--numbers", type=int, default=3_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    others = Others(given.key, given.jcs, given.node_folder)
    check_vectors()
    check_traffic(others)
    check_generated(others, given.numbers, given.seed)
    check_damaged(others, given.numbers // 60, given.seed)


if __name__ == "__main__":
    main()
