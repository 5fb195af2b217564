"""Anthropic's Python SDK: what its users do with it, each result checked."""

import anthropic
import httpx2
import pydantic

from harness import URL, calls, check, feature, last, raises, run, same, steer

client = anthropic.Anthropic(api_key="sk-test", base_url=URL)
unretried = client.with_options(max_retries=0)
MODEL = "claude-sonnet-5-5"
JOHN = "My name is John and I am 30 years old"
HELLO = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
ASK = HELLO | {"messages": [{"role": "user", "content": JOHN}]}
ORIGIN = "This is the provider emulator"


class Person(pydantic.BaseModel):
    name: str
    age: int


PERSON_TOOL = {
    "name": "person", "description": "Keeps a person.",
    "input_schema": {
        "type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"], "additionalProperties": False,
    },
}


@anthropic.beta_tool
def greet(name: str, age: int) -> str:
    """Greets a person.

    Args:
        name: The name of the person.
        age: The age of the person.
    """
    return f"Hello {name}, {age} is a good age."


def counts(usage):
    """A usage without what a stream of the plain API drops."""
    return usage.model_dump(exclude={"iterations"})


def text_of(message):
    same([block.type for block in message.content], ["text"])
    return message.content[0].text


@feature("plain")
def plain():
    answer = client.messages.create(**HELLO)
    same((answer.type, answer.role, answer.model), ("message", "assistant", MODEL))
    same((answer.stop_reason, answer.stop_sequence, answer.stop_details), ("end_turn", None, None))
    check(text_of(answer).startswith(ORIGIN), answer.content)
    check(answer.id.startswith("msg_") and answer._request_id.startswith("req_"), answer.id)
    usage = answer.usage
    check(usage.input_tokens > 0 and usage.output_tokens > 0, usage)
    same((usage.cache_read_input_tokens, usage.cache_creation_input_tokens), (0, 0))
    same((usage.cache_creation.ephemeral_5m_input_tokens, usage.service_tier), (0, "standard"))
    same((usage.speed, usage.output_tokens_details.thinking_tokens), ("standard", 0))
    same((answer.diagnostics, answer.container), (None, None))
    sent = last()
    same((sent["path"], sent["headers"]["anthropic-version"]), ("/v1/messages", "2026-10-21"))
    same(client.messages.create(**HELLO, speed="fast").usage.speed, "fast")
    beta = client.beta.messages.create(**HELLO, betas=["context-management-2025-06-27"])
    same(text_of(beta), text_of(answer))
    same(len(beta.usage.iterations), 1)


@feature("async")
async def asynchronous():
    async with anthropic.AsyncAnthropic(api_key="sk-test", base_url=URL) as other:
        answer = await other.messages.create(**HELLO)
        same(text_of(answer), text_of(client.messages.create(**HELLO)))
        async with other.messages.stream(**HELLO) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            message = await stream.get_final_message()
        same((text, text_of(message)), (text_of(answer), text_of(answer)))


@feature("streamed")
def streamed():
    whole = client.messages.create(**HELLO)
    events = list(client.messages.create(**HELLO, stream=True))
    same((events[0].type, events[-1].type), ("message_start", "message_stop"))
    same(events[0].message.content, [])
    deltas = [event.delta.text for event in events if event.type == "content_block_delta"]
    check(len(deltas) > 1, "one delta only")
    same("".join(deltas), text_of(whole))
    ended = next(event for event in events if event.type == "message_delta")
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens",
                 "cache_creation_input_tokens", "output_tokens_details"):
        same((name, getattr(ended.usage, name)), (name, getattr(whole.usage, name)))
    with client.messages.stream(**HELLO) as stream:
        same("".join(stream.text_stream), text_of(whole))
        message = stream.get_final_message()
        check(stream.request_id.startswith("req_"), stream.request_id)
    same((text_of(message), message.stop_reason), (text_of(whole), whole.stop_reason))
    same(counts(message.usage), counts(whole.usage))
    with client.beta.messages.stream(**HELLO) as stream:
        same(stream.get_final_message().usage.iterations[0].output_tokens, whole.usage.output_tokens)


@feature("tool")
def tool():
    for choice in ({"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "person"}):
        model = MODEL if choice["type"] == "auto" else "claude-sonnet-5"
        request = ASK | {"model": model, "tools": [PERSON_TOOL], "tool_choice": choice}
        answer = client.messages.create(**request)
        same(answer.stop_reason, "tool_use")
        used, = answer.content
        same((used.type, used.name, used.input), ("tool_use", "person", {"name": "John", "age": 30}))
        same(used.caller.type, "direct")
        with client.messages.stream(**request) as stream:
            partial = [event.partial_json for event in stream if event.type == "input_json"]
            message = stream.get_final_message()
        same(message.content[0].input, used.input)
        check(len(partial) > 1, "one fragment only")
    result = {"type": "tool_result", "tool_use_id": used.id, "content": "kept"}
    ended = client.messages.create(**request | {
        "tool_choice": {"type": "auto"},
        "messages": [*ASK["messages"], {"role": "assistant", "content": answer.content},
                     {"role": "user", "content": [result]}]})
    same(ended.stop_reason, "end_turn")
    check(text_of(ended).startswith(ORIGIN), ended.content)
    refused = raises(anthropic.BadRequestError, lambda: client.messages.create(
        **ASK, tools=[PERSON_TOOL], tool_choice={"type": "any"}))
    check("not supported for this model" in refused.message, refused.message)


@feature("tool_runner")
def tool_runner():
    before = calls()
    runner = client.beta.messages.tool_runner(**ASK, tools=[greet])
    messages = list(runner)
    same([message.stop_reason for message in messages], ["tool_use", "end_turn"])
    same(messages[0].content[0].input, {"name": "John", "age": 30})
    check(messages[1].content[0].text.startswith(ORIGIN), messages[1].content)
    same(calls() - before, 2)
    sent = last()["body"]
    same(sent["thread"], {"type": "continue", "previous_message_id": messages[0].id})
    same([block["content"] for block in sent["messages"][-1]["content"]],
         ["Hello John, 30 is a good age."])
    streams = client.beta.messages.tool_runner(**ASK, tools=[greet], stream=True)
    reasons = [stream.get_final_message().stop_reason for stream in streams]
    same(reasons, ["tool_use", "end_turn"])


@feature("threads")
def threads():
    thread = client.beta.messages.thread(**HELLO | {"messages": []}, system="Be short.", tools=[greet])
    first = thread.send({"role": "user", "content": "Hello"}, tool_choice={"type": "none"})
    same((last()["body"]["thread"], first.stop_reason), ({"type": "create"}, "end_turn"))
    thread.append({"role": "user", "content": JOHN})
    final = thread.tool_runner().until_done()
    same(final.stop_reason, "end_turn")
    sent = last()["body"]
    same((sent["thread"]["type"], "system" in sent, len(sent["messages"])), ("continue", False, 1))
    same([message["role"] for message in thread.messages], ["user", "assistant"] * 3)
    with thread.stream({"role": "user", "content": "I am Maria, 25"}) as stream:
        used = stream.get_final_message().content[0]
    same(used.input, {"name": "Maria", "age": 25})
    fork = thread.fork()
    fork.append({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": used.id, "content": "kept"}]})
    same(fork.tool_runner().until_done().stop_reason, "end_turn")
    lost = {"type": "continue", "previous_message_id": "msg_lost"}
    error = raises(anthropic.NotFoundError, lambda: client.beta.messages.create(
        **HELLO, thread=lost, betas=["message-threads-2026-08-12"]))
    same(error.error_code, "thread_not_found")


@feature("structured")
def structured():
    parsed = client.messages.parse(**ASK, output_format=Person)
    same((parsed.parsed_output, parsed.stop_reason), (Person(name="John", age=30), "end_turn"))
    same(last()["body"]["output_config"]["format"]["type"], "json_schema")
    same(client.beta.messages.parse(**ASK, output_format=Person).parsed_output.age, 30)
    with client.messages.stream(**ASK, output_format=Person) as stream:
        same(stream.get_final_message().parsed_output, Person(name="John", age=30))
    # As older SDKs send the format.
    schema = {"type": "json_schema", "schema": PERSON_TOOL["input_schema"]}
    former = client.beta.messages.create(
        **ASK, betas=["structured-outputs-2025-11-13"], extra_body={"output_format": schema})
    same(Person.model_validate_json(text_of(former)), Person(name="John", age=30))


@feature("count")
def count():
    asked = {name: HELLO[name] for name in ("model", "messages")}
    counted = client.messages.count_tokens(**asked).input_tokens
    same(counted, client.messages.create(**HELLO).usage.input_tokens)
    more = client.messages.count_tokens(**asked, system="Be short.", tools=[PERSON_TOOL])
    check(more.input_tokens > counted, more)
    same(client.beta.messages.count_tokens(**asked).input_tokens, counted)


@feature("prompt_cache")
def prompt_cache():
    block = {"type": "text", "text": "word " * 1000, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    marked = HELLO | {"messages": [{"role": "user", "content": [block]}]}
    usage = client.messages.create(**marked).usage
    same((usage.cache_creation.ephemeral_1h_input_tokens, usage.cache_read_input_tokens), (1250, 0))
    with client.messages.stream(**marked) as stream:
        usage = stream.get_final_message().usage
    same((usage.cache_read_input_tokens, usage.cache_creation_input_tokens), (1250, 0))
    first = client.messages.create(**HELLO, diagnostics={"previous_message_id": None})
    second = client.messages.create(
        **HELLO, system="Other.", diagnostics={"previous_message_id": first.id})
    same(second.diagnostics.cache_miss_reason.type, "system_changed")


@feature("models")
def models():
    listed = list(client.models.list(limit=5))
    check(len(listed) > 5, "pages do not go on")
    same(len({model.id for model in listed}), len(listed))
    check(MODEL in {model.id for model in listed}, "a current model is not listed")
    model = client.models.retrieve(MODEL)
    same((model.id, model.display_name, model.type), (MODEL, "Claude Sonnet 5.5", "model"))
    same((model.lifecycle, model.line, model.created_at.year), ("active", "sonnet", 2026))
    deprecated = client.models.list(lifecycle=["deprecated"])
    same({model.lifecycle for model in deprecated}, {"deprecated"})
    error = raises(anthropic.NotFoundError, lambda: client.models.retrieve("claude-does-not-exist"))
    same(error.type, "not_found_error")


@feature("errors")
def errors():
    def error(kind, function):
        found = raises(kind, function)
        same(found.body["type"], "error")
        same(found.body["request_id"], found.request_id)
        return found.body["error"]

    def create(**changes):
        return lambda: unretried.messages.create(**HELLO | changes)

    same(error(anthropic.BadRequestError, create(messages=[]))["type"], "invalid_request_error")
    # What the API version that the SDK sends no longer takes.
    sampled = create(extra_body={"temperature": 0.5})
    same(error(anthropic.BadRequestError, sampled)["message"],
         "temperature: Extra inputs are not permitted")
    unknown = create(model="claude-does-not-exist")
    same(error(anthropic.NotFoundError, unknown)["message"], "model: claude-does-not-exist")
    stranger = unretried.with_options(api_key="sk-invalid")
    same(error(anthropic.AuthenticationError, lambda: stranger.messages.create(**HELLO))["type"],
         "authentication_error")
    beta = lambda: unretried.beta.messages.create(**HELLO, betas=["unheard-of-2030-01-01"])
    check("unheard-of" in error(anthropic.BadRequestError, beta)["message"], "another message")
    lost = error(anthropic.NotFoundError, lambda: unretried.messages.batches.list())
    same(lost, {"type": "not_found_error", "message": "Not Found"})
    for fault, kind, status, name in [
        ("rate_limit", anthropic.RateLimitError, 429, "rate_limit_error"),
        ("spend_limit", anthropic.RateLimitError, 429, "rate_limit_error"),
        ("overloaded", anthropic.OverloadedError, 529, "overloaded_error"),
        ("server_error", anthropic.InternalServerError, 500, "api_error"),
    ]:
        steer(fault)
        found = raises(kind, create())
        same((found.status_code, found.body["error"]["type"]), (status, name))
    steer("connection_closed")
    raises(anthropic.APIConnectionError, create())


@feature("stream errors")
def stream_errors():
    def read():
        with unretried.messages.stream(**HELLO) as stream:
            return stream.get_final_message()

    steer("overloaded")
    same(raises(anthropic.OverloadedError, read).status_code, 529)
    steer("stream_error", events=4)
    found = raises(anthropic.APIStatusError, read)
    same(found.body["error"]["type"], "overloaded_error")
    steer("stream_cut", events=4)
    # The SDK leaves what its HTTP library says as it is.
    raises((anthropic.APIError, httpx2.RemoteProtocolError), read)
    steer("refusal")
    refused = read()
    same((refused.stop_reason, refused.stop_details.type, refused.content), ("refusal", "refusal", []))
    steer("max_tokens")
    same(read().stop_reason, "max_tokens")
    steer("unknown_stop_reason")
    same(read().stop_reason, "emulator_unknown_reason")


@feature("retries")
def retries():
    before = calls()
    steer("rate_limit", retry_after_seconds=0)
    steer("overloaded")
    same(client.messages.create(**HELLO).stop_reason, "end_turn")
    same(calls() - before, 3)
    same(last()["headers"]["x-stainless-retry-count"], "2")


@feature("raw")
def raw():
    response = client.messages.with_raw_response.create(**HELLO)
    same(response.headers["content-type"], "application/json")
    check(response.headers["request-id"].startswith("req_"), "no id of the request")
    check(response.headers["anthropic-workspace-id"], "no workspace")
    same(response.parse().type, "message")
    with client.messages.with_streaming_response.create(**HELLO, stream=True) as response:
        check(response.headers["content-type"].startswith("text/event-stream"), "no stream")
        lines = [line for line in response.iter_lines() if line.startswith("event: ")]
    same((lines[0], lines[-1]), ("event: message_start", "event: message_stop"))
    posted = client.post("/v1/messages?beta=true", body=HELLO, cast_to=object)
    same(posted["type"], "message")
    # As SDKs before version 2 send key and version.
    older = {"anthropic-version": "2023-06-01", "x-api-key": "sk-test", "Authorization": anthropic.Omit()}
    answer = client.messages.create(**HELLO, extra_headers=older, extra_body={"temperature": 0.5})
    same((answer.stop_reason, last()["headers"]["anthropic-version"]), ("end_turn", "2023-06-01"))


run()
