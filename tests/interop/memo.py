"""The key of a memoised function, version 2: a second implementation, from std-adapter/MEMO.md alone.

It shares nothing with the Rust code. Standard library only.

    python memo.py < vectors            checks every line; says which differ
    python memo.py --write < vectors    prints the lines with the keys that it computes
"""

import hashlib
import json
import struct
import sys


def fields_hash(domain, fields):
    """Section 1: SHA-256 over length-prefixed fields."""
    digest = hashlib.sha256()
    for field in [domain.encode()] + fields:
        digest.update(struct.pack(">Q", len(field)) + field)
    return digest.digest()


def constant_fields(value):
    """Section 3."""
    if isinstance(value, str):
        return [b"text", value.encode()]
    if isinstance(value, bool):
        return [b"bool", b"true" if value else b"false"]
    if isinstance(value, list):
        fields = [b"list", str(len(value)).encode()]
        for item in value:
            fields += constant_fields(item)
        return fields
    ((kind, inner),) = value.items()
    if kind == "integer":
        return [b"integer", inner.encode()]
    if kind == "float":
        return [b"float", struct.pack(">d", inner)]
    if kind == "char":
        return [b"char", inner.encode()]
    if kind == "bytes":
        return [b"bytes", bytes.fromhex(inner)]
    if kind == "some":
        return [b"some", b""] + constant_fields(inner)
    if kind == "none":
        return [b"none", b""]
    raise ValueError(kind)


def part_bytes(value):
    return value.encode() if isinstance(value, str) else bytes.fromhex(value["hex"])


def key(line):
    """Section 1, the table."""
    fields = [line[name].encode() for name in ("package", "module", "function")]
    if "tokens" in line:
        fields += [b"tokens", bytes.fromhex(line["tokens"])]
    else:
        fields += [b"version", line["version"].encode()]
    if "schema" in line:
        fields += [b"schema", line["schema"].encode()]
    else:
        fields += [b"type", line["type"].encode(), line["type_version"].encode()]
    for name, value in line["constants"]:
        digest = fields_hash("llm-cache constant 1", constant_fields(value))
        fields += [b"constant", name.encode(), digest]
    for kind, name, value in line["parts"]:
        fields += [kind.encode(), name.encode(), part_bytes(value)]
    return fields_hash("llm-cache memo 2", fields).hex()


def main():
    lines = [json.loads(line) for line in sys.stdin if line.strip()]
    if "--write" in sys.argv:
        for line in lines:
            line["key"] = key(line)
            print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
        return
    wrong = [number for number, line in enumerate(lines, 1) if key(line) != line["key"]]
    print(f"memo keys: {len(lines)} vectors, {len(wrong)} differ {wrong or ''}".rstrip())
    sys.exit(bool(wrong) or not lines)


if __name__ == "__main__":
    main()
