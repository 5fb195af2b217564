// Anthropic's TypeScript SDK: what its users do with it, each result checked.

import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";
import { URL, calls, check, feature, last, rejects, run, same, steer } from "./harness.mjs";

const client = new Anthropic({ apiKey: "sk-test", baseURL: URL });
const unretried = client.withOptions({ maxRetries: 0 });
const MODEL = "claude-sonnet-5-5";
const JOHN = "My name is John and I am 30 years old";
const HELLO = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "Hello" }] };
const ASK = { ...HELLO, messages: [{ role: "user", content: JOHN }] };
const ORIGIN = "This is the provider emulator";
const Person = z.object({ name: z.string(), age: z.int() });
const PERSON_TOOL = {
  name: "person",
  description: "Keeps a person.",
  input_schema: {
    type: "object", properties: { name: { type: "string" }, age: { type: "integer" } },
    required: ["name", "age"], additionalProperties: false,
  },
};
const greet = betaZodTool({
  name: "greet",
  description: "Greets a person.",
  inputSchema: Person,
  run: ({ name, age }) => `Hello ${name}, ${age} is a good age.`,
});

function textOf(message) {
  same(message.content.map((block) => block.type), ["text"]);
  return message.content[0].text;
}

feature("plain", async () => {
  const answer = await client.messages.create(HELLO);
  same([answer.type, answer.role, answer.model], ["message", "assistant", MODEL]);
  same([answer.stop_reason, answer.stop_sequence, answer.stop_details], ["end_turn", null, null]);
  check(textOf(answer).startsWith(ORIGIN), textOf(answer));
  check(answer._request_id.startsWith("req_"), answer._request_id);
  check(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0, "no usage");
  same(answer.usage.speed, "standard");
  same((await last()).headers["anthropic-version"], "2026-10-21");
});

feature("streamed", async () => {
  const whole = await client.messages.create(HELLO);
  const kinds = [];
  let text = "";
  for await (const event of await client.messages.create({ ...HELLO, stream: true })) {
    kinds.push(event.type);
    if (event.type === "content_block_delta") text += event.delta.text;
    if (event.type === "message_delta") {
      same(event.usage.input_tokens, whole.usage.input_tokens);
      same(event.usage.output_tokens, whole.usage.output_tokens);
    }
  }
  same([kinds[0], kinds.at(-1), text], ["message_start", "message_stop", textOf(whole)]);
  const stream = client.messages.stream(HELLO);
  const pieces = [];
  stream.on("text", (piece) => pieces.push(piece));
  const message = await stream.finalMessage();
  check(pieces.length > 1, "one piece only");
  same([pieces.join(""), textOf(message)], [textOf(whole), textOf(whole)]);
  // The plain API's accumulator drops these two members.
  const counts = ({ iterations, output_tokens_details, ...rest }) => rest;
  same(counts(message.usage), counts(whole.usage));
});

feature("tool", async () => {
  const request = { ...ASK, tools: [PERSON_TOOL] };
  const answer = await client.messages.create(request);
  same(answer.stop_reason, "tool_use");
  const [used] = answer.content;
  same([used.type, used.name, used.input], ["tool_use", "person", { name: "John", age: 30 }]);
  const streamed = await client.messages.stream(request).finalMessage();
  same(streamed.content[0].input, used.input);
  const result = { type: "tool_result", tool_use_id: used.id, content: "kept" };
  const ended = await client.messages.create({
    ...request,
    messages: [...ASK.messages, { role: "assistant", content: answer.content },
      { role: "user", content: [result] }],
  });
  same(ended.stop_reason, "end_turn");
  check(textOf(ended).startsWith(ORIGIN), textOf(ended));
});

feature("tool_runner", async () => {
  const before = await calls();
  const final = await client.beta.messages.toolRunner({ ...ASK, tools: [greet] });
  same(final.stop_reason, "end_turn");
  same((await calls()) - before, 2);
  const sent = (await last()).body;
  same(sent.messages.at(-1).content.map((block) => block.content), ["Hello John, 30 is a good age."]);
});

feature("structured", async () => {
  const parsed = await client.messages.parse({
    ...ASK, output_config: { format: zodOutputFormat(Person) },
  });
  same([parsed.parsed_output, parsed.stop_reason], [{ name: "John", age: 30 }, "end_turn"]);
  const streamed = await client.messages
    .stream({ ...ASK, output_config: { format: zodOutputFormat(Person) } }).finalMessage();
  same(JSON.parse(textOf(streamed)), { name: "John", age: 30 });
});

feature("count", async () => {
  const { model, messages } = HELLO;
  const counted = await client.messages.countTokens({ model, messages });
  same(counted.input_tokens, (await client.messages.create(HELLO)).usage.input_tokens);
});

feature("models", async () => {
  const listed = [];
  for await (const model of client.models.list({ limit: 5 })) listed.push(model.id);
  check(listed.length > 5 && listed.includes(MODEL), listed.join());
  const model = await client.models.retrieve(MODEL);
  same([model.id, model.display_name, model.lifecycle], [MODEL, "Claude Sonnet 5.5", "active"]);
});

feature("errors", async () => {
  const create = (changes = {}) => unretried.messages.create({ ...HELLO, ...changes });
  const invalid = await rejects(Anthropic.BadRequestError, create({ messages: [] }));
  same([invalid.status, invalid.error.error.type], [400, "invalid_request_error"]);
  const sampled = await rejects(Anthropic.BadRequestError, create({ temperature: 0.5 }));
  same(sampled.error.error.message, "temperature: Extra inputs are not permitted");
  const unknown = await rejects(Anthropic.NotFoundError, create({ model: "claude-does-not-exist" }));
  same(unknown.error.error.message, "model: claude-does-not-exist");
  const stranger = unretried.withOptions({ apiKey: "sk-invalid" });
  await rejects(Anthropic.AuthenticationError, stranger.messages.create(HELLO));
  await rejects(Anthropic.NotFoundError, unretried.messages.batches.list());
  await steer("rate_limit", { retry_after_seconds: 7 });
  const limited = await rejects(Anthropic.RateLimitError, create());
  same([limited.status, limited.headers.get("retry-after")], [429, "7"]);
  await steer("overloaded");
  same((await rejects(Anthropic.InternalServerError, create())).status, 529);
});

feature("stream errors", async () => {
  const read = () => unretried.messages.stream(HELLO).finalMessage();
  await steer("stream_error", { events: 4 });
  const failed = await rejects(Anthropic.APIError, read());
  check(failed.message.includes("Overloaded"), failed.message);
  await steer("stream_cut", { events: 4 });
  await rejects(Anthropic.AnthropicError, read());
  await steer("refusal");
  same((await read()).stop_reason, "refusal");
});

feature("retries", async () => {
  const before = await calls();
  await steer("rate_limit", { retry_after_seconds: 0 });
  same((await client.messages.create(HELLO)).stop_reason, "end_turn");
  same((await calls()) - before, 2);
});

feature("raw", async () => {
  const { data, response, request_id } = await client.messages.create(HELLO).withResponse();
  same([data.type, response.headers.get("content-type")], ["message", "application/json"]);
  same(response.headers.get("request-id"), request_id);
});

await run();
