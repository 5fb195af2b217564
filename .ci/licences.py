"""Checks that every dependency of every workspace may be used under a licence on the list below.

The list is the one in .deny.toml, so that `cargo deny check licenses` gives the same answer to
those who have it installed.
"""

import json
import re
import subprocess
import sys
import tomllib

MANIFESTS = [
    "Cargo.toml",
    "fuzz/Cargo.toml",
    "tests/embedded/Cargo.toml",
    "tests/public-api/Cargo.toml",
    "tests/rivals/Cargo.toml",
]


def allowed_by(expression: str, allowed: set[str]) -> bool:
    """Whether an SPDX expression (AND, OR, WITH, parentheses, the old slash) can be satisfied."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def alternatives() -> bool:
        result = conjunction()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            result = conjunction() or result
        return result

    def conjunction() -> bool:
        result = term()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            result = term() and result
        return result

    def term() -> bool:
        token = tokens.pop(0)
        if token == "(":
            result = alternatives()
            tokens.pop(0)
            return result
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            return f"{token} WITH {tokens.pop(0)}" in allowed
        return token in allowed

    return alternatives()


def main() -> int:
    with open(".deny.toml", "rb") as file:
        licences = tomllib.load(file)["licenses"]
    allowed = set(licences["allow"])
    exceptions = {each["crate"]: set(each["allow"]) for each in licences["exceptions"]}
    seen, refused = set(), []
    for manifest in MANIFESTS:
        command = ["cargo", "metadata", "--format-version=1", f"--manifest-path={manifest}"]
        for package in json.loads(subprocess.check_output(command))["packages"]:
            name, licence = f"{package['name']} {package['version']}", package["license"]
            if name in seen:
                continue
            seen.add(name)
            here = allowed | exceptions.get(package["name"], set())
            if licence is None or not allowed_by(licence, here):
                refused.append(f"{name}: {licence}")
    print(f"{len(seen)} packages, {len(refused)} with a licence that is not on the list")
    print("\n".join(refused))
    return 1 if refused else 0


sys.exit(main())
