"""Judges the schemas that `Client::extract` sends, by the PyPI package `jsonschema`.

    python schemas.py CASES

CASES has a line for each type and provider, written by `tests/it/schemas/validated.rs`: the schema,
what serde writes for values of the type, random values of the schema, and values with one fault, each
with whether serde reads it. Of every schema must hold:

- it accepts all that serde writes;
- it accepts the random values (the generator and the validator mean the same schema);
- what it accepts, serde reads; and it accepts no object with a further member.

Prints counts; ends with code 1 at the first fault. `.ci/run interop` prepares all of it.
"""

import collections
import json
import sys

from jsonschema import Draft202012Validator


def judged(case, counts):
    """Counts what a case comes to; answers the first fault, or None."""
    validator = Draft202012Validator(case["schema"])
    Draft202012Validator.check_schema(case["schema"])
    for kind in ("written", "generated"):
        for value in case[kind]:
            if not validator.is_valid(value):
                return f"{kind} value is refused: {value}"
            counts[kind, "accepted"] += 1
    for mutant in case["mutants"]:
        # A wrapper that is no object has no value in it that serde could be asked about.
        accepted = validator.is_valid(mutant["value"])
        if accepted and (not mutant["read"] or mutant["kind"] == "added"):
            return f"{mutant['kind']} value is accepted: {mutant['value']}"
        counts[mutant["kind"], "accepted" if accepted else "refused"] += 1
    return None


def main():
    counts = collections.Counter()
    schemas = 0
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            fault = judged(case, counts)
            if fault:
                sys.exit(f"schemas: {case['type']} for {case['form']}: {fault}\n{case['schema']}")
            schemas += 1
    if not schemas:
        sys.exit("schemas: no cases")
    print(f"{schemas} schemas by jsonschema:")
    for (kind, verdict), count in sorted(counts.items()):
        print(f"  {kind:<10} {verdict:<9} {count:>7}")


if __name__ == "__main__":
    main()
