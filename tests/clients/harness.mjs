// What a client program in JavaScript stands on: as harness.py, which says what each part is for.
//
//     feature("plain", async () => { same(answer.stop_reason, "end_turn"); });
//     await run();

import { deepStrictEqual } from "node:assert";

export const URL = process.env.EMULATOR_URL;
const features = [];

export function feature(name, body) {
  features.push([name, body]);
}

export async function run() {
  for (const [name, body] of features) {
    let failure = null;
    try {
      await body();
    } catch (error) {
      const at = /_sdk\.mjs:(\d+)/.exec(error?.stack ?? "")?.[1] ?? "?";
      failure = `line ${at}: ${error?.name}: ${error?.message}`;
    }
    console.log(JSON.stringify({ feature: name, failure }));
  }
  console.log(JSON.stringify({ done: true }));
}

export function same(found, expected) {
  deepStrictEqual(found, expected);
}

export function check(holds, what) {
  if (!holds) throw new Error(what);
}

export async function rejects(kind, promise) {
  let found;
  try {
    found = await promise;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`expected ${kind.name}, found ${JSON.stringify(found)}`);
}

async function steering(path, body) {
  const request = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${URL}/emulator/${path}`, request);
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}

export async function steer(fault, numbers = {}) {
  await steering("fault", { fault, ...numbers });
}

export async function calls() {
  return (await steering("calls")).calls;
}

export async function last() {
  return steering("last");
}
