// The npm package `canonicalize` on each line of a file: one canonical text a line.
import { readFileSync, writeSync } from "node:fs";
import canonicalize from "canonicalize";

const lines = readFileSync(process.argv[2], "utf8").split("\n");
lines.pop(); // behind the last line's end
for (const line of lines) {
    let rest = Buffer.from(canonicalize(JSON.parse(line)) + "\n");
    while (rest.length > 0) {
        rest = rest.subarray(writeSync(1, rest));
    }
}
