// OpenAI's TypeScript SDK: what its users do with it, each result checked.

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { URL, calls, check, feature, last, rejects, run, same, steer } from "./harness.mjs";

const client = new OpenAI({ apiKey: "sk-test", baseURL: `${URL}/v1`, maxRetries: 0 });
const model = "gpt-6-sol";
const OPENING = "This is the provider emulator";
const SENTENCE = "My name is John and I am 30 years old";
const JOHN = { name: "John", age: 30 };
const Person = z.object({ name: z.string(), age: z.number().int() });
const parameters = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" } },
  required: ["name", "age"],
  additionalProperties: false,
};

const user = (content = SENTENCE) => [{ role: "user", content }];
const ask = (content, members) =>
  client.chat.completions.create({ model, messages: user(content), ...members });
const respond = (input = SENTENCE, members = {}) =>
  client.responses.create({ model, input, ...members });

async function all(stream) {
  const items = [];
  for await (const item of await stream) items.push(item);
  return items;
}

feature("plain", async () => {
  const answer = await ask("Hello");
  const [choice] = answer.choices;
  same([answer.object, answer.model, answer.choices.length], ["chat.completion", model, 1]);
  same([choice.finish_reason, choice.message.role, choice.message.refusal], ["stop", "assistant", null]);
  same(choice.message.content.slice(0, 29), OPENING);
  same(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  check(answer._request_id.startsWith("req_"), "a request id");
});

feature("choices", async () => {
  const answer = await ask("Hello", { n: 3 });
  same(answer.choices.map((choice) => choice.index), [0, 1, 2]);
  same(new Set(answer.choices.map((choice) => choice.message.content)).size, 3);
});

feature("streamed", async () => {
  const chunks = await all(ask("Hello", { stream: true }));
  same(chunks.filter((chunk) => chunk.usage || chunk.choices.length !== 1), []);
  const text = chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join("");
  same(text, (await ask("Hello")).choices[0].message.content);
  same(chunks.at(-1).choices[0].finish_reason, "stop");
});

feature("stream usage", async () => {
  const options = { stream: true, stream_options: { include_usage: true } };
  const chunks = await all(ask("Hello", options));
  const end = chunks.pop();
  same(chunks.map((chunk) => chunk.usage).filter((usage) => usage !== null), []);
  same([end.choices, end.usage], [[], (await ask("Hello")).usage]);
});

feature("stream helper", async () => {
  const stream = client.chat.completions.stream({ model, messages: user("Hello") });
  const answer = await stream.finalChatCompletion();
  same(answer.choices[0].message.content, (await ask("Hello")).choices[0].message.content);
});

feature("tool", async () => {
  const tools = [{ type: "function", function: { name: "person", parameters } }];
  const [choice] = (await ask(SENTENCE, { tools })).choices;
  const [call] = choice.message.tool_calls;
  same([choice.finish_reason, call.type, call.function.name], ["tool_calls", "function", "person"]);
  same(JSON.parse(call.function.arguments), JOHN);
  const messages = [
    ...user(), choice.message, { role: "tool", tool_call_id: call.id, content: "noted" },
  ];
  const after = await client.chat.completions.create({ model, messages, tools });
  same(after.choices[0].message.content.slice(0, 29), OPENING);
});

feature("custom tool", async () => {
  const [choice] = (await ask(SENTENCE, { tools: [{ type: "custom", custom: { name: "shell" } }] })).choices;
  const [call] = choice.message.tool_calls;
  same([choice.finish_reason, call.type, call.custom.name], ["tool_calls", "custom", "shell"]);
  same(call.custom.input.slice(0, 29), OPENING);
});

feature("structured", async () => {
  const response_format = zodResponseFormat(Person, "person");
  const answer = await client.chat.completions.parse({ model, messages: user(), response_format });
  same(answer.choices[0].message.parsed, JOHN);
  await steer("refusal");
  const refused = await client.chat.completions.parse({ model, messages: user(), response_format });
  check(refused.choices[0].message.refusal, "a refusal");
});

feature("json_object", async () => {
  const response_format = { type: "json_object" };
  const answer = await ask(`${SENTENCE}. As JSON by ${JSON.stringify(parameters)}`, { response_format });
  same(JSON.parse(answer.choices[0].message.content), JOHN);
  const error = await rejects(OpenAI.BadRequestError, ask("Hi", { response_format }));
  same([error.param, error.type], ["messages", "invalid_request_error"]);
});

feature("responses", async () => {
  const answer = await respond("Hello", { instructions: "Be brief." });
  same([answer.object, answer.status, answer.error], ["response", "completed", null]);
  same(answer.output_text.slice(0, 29), OPENING);
  same(answer.usage.input_tokens_details.cache_write_tokens, 0);
  const cut = await respond("Hello", { max_output_tokens: 16 });
  same([cut.status, cut.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
  const error = await rejects(OpenAI.BadRequestError, respond("Hello", { background: true }));
  same([error.code, error.param], ["unsupported_parameter", "background"]);
});

feature("responses stream", async () => {
  const events = await all(respond("Hello", { stream: true }));
  same([events[0].type, events.at(-1).type], ["response.created", "response.completed"]);
  const deltas = events.filter((event) => event.type === "response.output_text.delta");
  const text = deltas.map((event) => event.delta).join("");
  same([text, events.at(-1).response.output[0].content[0].text], Array(2).fill((await respond("Hello")).output_text));
  const stream = client.responses.stream({ model, input: SENTENCE, text: { format: zodTextFormat(Person, "person") } });
  same((await stream.finalResponse()).output_parsed, JOHN);
  await steer("stream_error", { events: 3 });
  const error = await rejects(OpenAI.APIError, all(respond("Hello", { stream: true })));
  same(error.code, "server_error");
});

feature("responses parse", async () => {
  const text = { format: zodTextFormat(Person, "person") };
  same((await client.responses.parse({ model, input: SENTENCE, text })).output_parsed, JOHN);
});

feature("responses tool", async () => {
  const tools = [
    { type: "function", name: "person", parameters, strict: true },
    { type: "custom", name: "shell" },
  ];
  const answer = await respond(SENTENCE, { tools });
  const [call] = answer.output;
  same([call.type, call.name, JSON.parse(call.arguments)], ["function_call", "person", JOHN]);
  const output = [{ type: "function_call_output", call_id: call.call_id, output: "noted" }];
  const followed = await respond(output, { tools, previous_response_id: answer.id });
  same(followed.output_text.slice(0, 29), OPENING);
  const tool_choice = { type: "custom", name: "shell" };
  const [custom] = (await respond(SENTENCE, { tools, tool_choice })).output;
  same([custom.type, custom.input.slice(0, 29)], ["custom_tool_call", OPENING]);
});

feature("responses state", async () => {
  const answer = await respond("Hello");
  same((await client.responses.retrieve(answer.id)).output_text, answer.output_text);
  const followed = await respond("And?", { previous_response_id: answer.id });
  check(followed.output_text !== (await respond("And?")).output_text, "the conversation is answered");
  await client.responses.delete(answer.id);
  await rejects(OpenAI.NotFoundError, client.responses.retrieve(answer.id));
  const late = respond("And?", { previous_response_id: answer.id });
  same((await rejects(OpenAI.BadRequestError, late)).code, "previous_response_not_found");
});

feature("embeddings", async () => {
  const embed = (input, members) =>
    client.embeddings.create({ model: "text-embedding-3-small", input, ...members });
  const floats = (await embed("to be", { encoding_format: "float" })).data[0].embedding;
  same(floats.length, 1536);
  const packed = await embed(["or", "to be"]);
  same((await last()).body.encoding_format, "base64");
  same(packed.data[1].embedding, floats);
  const text = (await embed("to be", { encoding_format: "base64" })).data[0].embedding;
  same(typeof text, "string");
  await rejects(OpenAI.BadRequestError, embed([]));
});

feature("models", async () => {
  const listed = (await all(client.models.list())).map((one) => one.id);
  check(listed.includes(model), listed.join());
  await rejects(OpenAI.NotFoundError, client.models.retrieve("gpt-does-not-exist"));
});

feature("errors", async () => {
  const error = await rejects(OpenAI.BadRequestError, ask("a", { temperature: 99 }));
  same([error.status, error.code, error.param], [400, "decimal_above_max_value", "temperature"]);
  const stranger = client.withOptions({ apiKey: "sk-invalid" });
  const unknown = stranger.responses.create({ model, input: "a" });
  same((await rejects(OpenAI.AuthenticationError, unknown)).code, "invalid_api_key");
  const lost = client.chat.completions.create({ model: "gpt-does-not-exist", messages: user() });
  same((await rejects(OpenAI.NotFoundError, lost)).code, "model_not_found");
  await steer("rate_limit", { retry_after_seconds: 1 });
  const limited = await rejects(OpenAI.RateLimitError, ask("Hello"));
  same([limited.headers.get("retry-after"), limited.code], ["1", "rate_limit_exceeded"]);
  await steer("server_error");
  same((await rejects(OpenAI.InternalServerError, respond("Hello"))).status, 500);
});

feature("retries", async () => {
  const before = await calls();
  await steer("rate_limit", { retry_after_seconds: 1 });
  await steer("server_error");
  const patient = client.withOptions({ maxRetries: 2 });
  const answer = await patient.chat.completions.create({ model, messages: user("Hello") });
  same([answer.choices[0].message.content.slice(0, 29), (await calls()) - before], [OPENING, 3]);
});

feature("broken stream", async () => {
  await steer("stream_error", { events: 3 });
  const error = await rejects(OpenAI.APIError, all(ask("Hello", { stream: true })));
  same(error.type, "server_error");
  await steer("stream_cut", { events: 3 });
  await rejects(Error, all(ask("Hello", { stream: true })));
});

await run();
