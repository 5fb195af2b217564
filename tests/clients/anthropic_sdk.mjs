// Anthropic's TypeScript SDK: what its users do with it, each result checked.

import Anthropic from "@anthropic-ai/sdk";
import { URL, feature, last, run, same } from "./harness.mjs";

const client = new Anthropic({ apiKey: "sk-test", baseURL: URL });
const MODEL = "claude-sonnet-5";

feature("plain", async () => {
  const answer = await client.messages.create({
    model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "Hello" }],
  });
  same([answer.type, answer.role, answer.model], ["message", "assistant", MODEL]);
  same(answer.stop_reason, "end_turn");
  same(answer.content.map((block) => block.type), ["text"]);
  same(answer.content[0].text.slice(0, 29), "This is the provider emulator");
  same((await last()).headers["anthropic-version"], "2026-10-21");
});

await run();
