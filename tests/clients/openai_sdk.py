"""OpenAI's Python SDK: what its users do with it, each result checked."""

import asyncio
import json
import math

import openai
from pydantic import BaseModel

from harness import URL, calls, check, feature, last, raises, run, same, steer

client = openai.OpenAI(api_key="sk-test", base_url=f"{URL}/v1", max_retries=0)
MODEL = "gpt-6-sol"
OPENING = "This is the provider emulator"
HELLO = [{"role": "user", "content": "Hello"}]
SENTENCE = "My name is John and I am 30 years old"


class Person(BaseModel):
    name: str
    age: int


JOHN = Person(name="John", age=30)
PARAMETERS = Person.model_json_schema() | {"additionalProperties": False}


def ask(text=SENTENCE, **members):
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": text}], **members)


def respond(text=SENTENCE, **members):
    return client.responses.create(model=MODEL, input=text, **members)


@feature("plain")
def plain():
    answer = ask("Hello")
    choice = answer.choices[0]
    same((answer.object, answer.model, len(answer.choices)), ("chat.completion", MODEL, 1))
    same((choice.finish_reason, choice.message.role, choice.message.refusal), ("stop", "assistant", None))
    same(choice.message.content[:29], OPENING)
    usage = answer.usage
    same(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    same((usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens_details.cache_write_tokens), (0, 0))
    check(answer._request_id.startswith("req_"), "a request id")


@feature("choices")
def choices():
    answer = ask("Hello", n=3)
    same([choice.index for choice in answer.choices], [0, 1, 2])
    same(len({choice.message.content for choice in answer.choices}), 3)


@feature("streamed")
def streamed():
    chunks = list(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
    same({chunk.object for chunk in chunks}, {"chat.completion.chunk"})
    same([chunk.usage for chunk in chunks if chunk.usage], [])
    check(all(len(chunk.choices) == 1 for chunk in chunks), "no chunk without a choice")
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    same(text, ask("Hello").choices[0].message.content)
    same(chunks[-1].choices[0].finish_reason, "stop")


@feature("stream usage")
def stream_usage():
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}))
    same([chunk.usage for chunk in chunks[:-1] if chunk.usage], [])
    same(chunks[-1].choices, [])
    same(chunks[-1].usage, ask("Hello").usage)
    check(chunks[0].obfuscation, "padding by default")
    options = {"include_usage": True, "include_obfuscation": False}
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, stream_options=options))
    check(not any("obfuscation" in chunk.model_extra for chunk in chunks), "no padding")


@feature("stream helper")
def stream_helper():
    with client.chat.completions.stream(
            model=MODEL, messages=[{"role": "user", "content": SENTENCE}], response_format=Person,
            n=2, stream_options={"include_usage": True}) as stream:
        kinds = {event.type for event in stream}
        answer = stream.get_final_completion()
    check({"chunk", "content.delta", "content.done"} <= kinds, kinds)
    same([choice.message.parsed for choice in answer.choices], [JOHN, JOHN])
    check(answer.usage.completion_tokens > 0, "usage of the last chunk")


@feature("tool")
def tool():
    tools = [{"type": "function", "function": {"name": "person", "parameters": PARAMETERS}}]
    answer = ask(tools=tools)
    choice = answer.choices[0]
    call = choice.message.tool_calls[0]
    same((choice.finish_reason, choice.message.content), ("tool_calls", None))
    same((call.type, call.function.name), ("function", "person"))
    same(Person.model_validate_json(call.function.arguments), JOHN)
    messages = [
        {"role": "user", "content": SENTENCE}, choice.message,
        {"role": "tool", "tool_call_id": call.id, "content": "noted"},
    ]
    after = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
    same(after.choices[0].finish_reason, "stop")
    same(after.choices[0].message.content[:29], OPENING)
    chunks = client.chat.completions.create(
        model=MODEL, messages=messages[:1], tools=tools, stream=True)
    deltas = [delta for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or []]
    check(deltas[0].id and deltas[0].function.name == "person", "the call's head")
    same(json.loads("".join(delta.function.arguments for delta in deltas)), JOHN.model_dump())


@feature("custom tool")
def custom_tool():
    answer = ask(tools=[{"type": "custom", "custom": {"name": "shell"}}])
    call = answer.choices[0].message.tool_calls[0]
    same((answer.choices[0].finish_reason, call.type, call.custom.name), ("tool_calls", "custom", "shell"))
    same(call.custom.input[:29], OPENING)


@feature("structured")
def structured():
    answer = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": SENTENCE}], response_format=Person)
    same(answer.choices[0].message.parsed, JOHN)
    same(last()["body"]["response_format"]["json_schema"]["strict"], True)
    tool = openai.pydantic_function_tool(Person)
    called = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": SENTENCE}], tools=[tool])
    same(called.choices[0].message.tool_calls[0].function.parsed_arguments, JOHN)
    steer("refusal")
    refused = client.chat.completions.parse(model=MODEL, messages=HELLO, response_format=Person)
    check(refused.choices[0].message.refusal and not refused.choices[0].message.parsed, "a refusal")
    steer("max_tokens")
    raises(openai.LengthFinishReasonError, lambda: client.chat.completions.parse(
        model=MODEL, messages=HELLO, response_format=Person))


@feature("json_object")
def json_object():
    answer = ask("Answer in JSON.", response_format={"type": "json_object"})
    check(isinstance(json.loads(answer.choices[0].message.content), dict), "an object")
    schema = json.dumps(Person.model_json_schema())
    answer = ask(f"{SENTENCE}. As JSON by {schema}", response_format={"type": "json_object"})
    same(Person.model_validate_json(answer.choices[0].message.content), JOHN)
    error = raises(openai.BadRequestError, lambda: ask("Hi", response_format={"type": "json_object"}))
    same((error.param, error.code), ("messages", None))
    check("must contain the word 'json'" in error.body["message"], error.body)


@feature("prompt cache")
def prompt_cache():
    def marked(ttl):
        return [{"role": "user", "content": [
            {"type": "text", "text": "long " * 2000, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": ttl}},
            {"type": "text", "text": "Hello"},
        ]}]

    def details(ttl, **members):
        return client.chat.completions.create(
            model=MODEL, messages=marked(ttl), prompt_cache_options={"mode": "explicit"}, **members,
        ).usage.prompt_tokens_details
    same((details("12h").cache_write_tokens, details("12h").cached_tokens), (2500, 2500))
    error = raises(openai.BadRequestError, lambda: details("1h"))
    same(error.param, "messages[0].content[0].prompt_cache_breakpoint.ttl")
    error = raises(openai.BadRequestError, lambda: ask(prompt_cache_options={"ttl": "12h"}))
    same((error.code, error.param), ("invalid_value", "prompt_cache_options.ttl"))


@feature("responses")
def responses():
    answer = respond("Hello", instructions="Be brief.")
    same((answer.object, answer.status, answer.model), ("response", "completed", MODEL))
    same((answer.error, answer.incomplete_details, answer.model_extra["store"]), (None, None, True))
    same(answer.output_text[:29], OPENING)
    same(answer.instructions, "Be brief.")
    usage = answer.usage
    same(usage.total_tokens, usage.input_tokens + usage.output_tokens)
    same(usage.input_tokens_details.cache_write_tokens_details.ttl_12h_tokens, 0)
    listed = client.responses.create(model=MODEL, instructions="Be brief.", input=HELLO)
    same(listed.output_text, answer.output_text)
    cut = respond("Hello", max_output_tokens=16)
    same((cut.status, cut.incomplete_details.reason), ("incomplete", "max_output_tokens"))
    error = raises(openai.BadRequestError, lambda: respond("Hello", background=True))
    same((error.code, error.param), ("unsupported_parameter", "background"))


@feature("responses stream")
def responses_stream():
    events = list(respond("Hello", stream=True))
    same([events[0].type, events[-1].type], ["response.created", "response.completed"])
    same([event.sequence_number for event in events], list(range(len(events))))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    same(text, respond("Hello").output_text)
    same(events[-1].response.output_text, text)
    check(events[-1].response.usage.output_tokens > 0, "usage of the last event")
    tools = [{"type": "function", "name": "person", "parameters": PARAMETERS, "strict": True}]
    with client.responses.stream(model=MODEL, input=SENTENCE, text_format=Person) as stream:
        kinds = {event.type for event in stream}
        same(stream.get_final_response().output_parsed, JOHN)
    check({"response.output_text.delta", "response.output_text.done"} <= kinds, kinds)
    with client.responses.stream(model=MODEL, input=SENTENCE, tools=tools) as stream:
        arguments = [
            event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
        same("".join(arguments), stream.get_final_response().output[0].arguments)
    cut = list(respond("Hello", stream=True, max_output_tokens=16))
    same((cut[-1].type, cut[-1].response.status), ("response.incomplete", "incomplete"))
    steer("stream_error", events=3)
    # This SDK hands the error over as an event and ends.
    error = list(respond("Hello", stream=True))[-1]
    same((error.type, error.code, error.sequence_number), ("error", "server_error", 3))


@feature("responses parse")
def responses_parse():
    answer = client.responses.parse(model=MODEL, input=SENTENCE, text_format=Person)
    same(answer.output_parsed, JOHN)
    answer = client.responses.create(
        model=MODEL, input="Answer in JSON.", text={"format": {"type": "json_object"}})
    check(isinstance(json.loads(answer.output_text), dict), "an object")
    steer("refusal")
    refused = client.responses.parse(model=MODEL, input=SENTENCE, text_format=Person)
    same((refused.output_parsed, refused.output[0].content[0].type), (None, "refusal"))


@feature("responses tool")
def responses_tool():
    tools = [
        {"type": "function", "name": "person", "parameters": PARAMETERS, "strict": True},
        {"type": "custom", "name": "shell"},
    ]
    answer = respond(tools=tools)
    call = answer.output[0]
    same((call.type, call.name), ("function_call", "person"))
    same(Person.model_validate_json(call.arguments), JOHN)
    history = [{"role": "user", "content": SENTENCE}, *answer.output]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "noted"}
    after = client.responses.create(model=MODEL, input=[*history, output], tools=tools)
    same(after.output_text[:29], OPENING)
    followed = client.responses.create(
        model=MODEL, input=[output], tools=tools, previous_response_id=answer.id)
    same((followed.output_text, followed.previous_response_id), (after.output_text, answer.id))
    custom = respond(tools=tools, tool_choice={"type": "custom", "name": "shell"}).output[0]
    same((custom.type, custom.name, custom.input[:29]), ("custom_tool_call", "shell", OPENING))


@feature("responses state")
def responses_state():
    answer = respond("Hello")
    same(client.responses.retrieve(answer.id), answer)
    followed = respond("And?", previous_response_id=answer.id)
    check(followed.usage.input_tokens > answer.usage.input_tokens, "the conversation counts")
    check(followed.output_text != respond("And?").output_text, "the conversation is answered")
    client.responses.delete(answer.id)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(answer.id))
    error = raises(openai.BadRequestError, lambda: respond("And?", previous_response_id=answer.id))
    same((error.code, error.param), ("previous_response_not_found", "previous_response_id"))
    unkept = respond("Hello", store=False)
    raises(openai.NotFoundError, lambda: client.responses.retrieve(unkept.id))


@feature("responses cache")
def responses_cache():
    options = {"ttl": "12h", "prewarm": True}
    warm = respond("long " * 2000, prompt_cache_options=options)
    same((warm.output, warm.usage.output_tokens), ([], 0))
    same(warm.usage.input_tokens_details.cache_write_tokens_details.ttl_12h_tokens, 2500)
    hot = respond("long " * 2000, prompt_cache_options={"comparison_response_id": warm.id})
    same(hot.usage.input_tokens_details.cached_tokens, 2500)
    same(hot.prompt_cache_diagnostics.type, "cache_hit")


@feature("embeddings")
def embeddings():
    def embed(texts, **members):
        return client.embeddings.create(model="text-embedding-3-small", input=texts, **members)
    floats = embed("to be", encoding_format="float")
    vector = floats.data[0].embedding
    same((len(vector), floats.usage.prompt_tokens), (1536, 2))
    check(math.isclose(sum(value * value for value in vector), 1, abs_tol=1e-5), "a unit vector")
    packed = embed(["or", "to be"])
    same(last()["body"]["encoding_format"], "base64")
    same([data.index for data in packed.data], [0, 1])
    same(packed.data[1].embedding, vector)
    same(isinstance(embed("to be", encoding_format="base64").data[0].embedding, str), True)
    same(len(embed([[1, 2], [3]], dimensions=256).data[1].embedding), 256)
    for bad in ("", [], ["a", ""], ["a"] * 2049):
        same(raises(openai.BadRequestError, lambda: embed(bad)).type, "invalid_request_error")


@feature("models")
def models():
    listed = {model.id for model in client.models.list()}
    check(MODEL in listed, listed)
    same(client.models.retrieve(MODEL).object, "model")
    raises(openai.NotFoundError, lambda: client.models.retrieve("gpt-does-not-exist"))


@feature("errors")
def errors():
    error = raises(openai.BadRequestError, lambda: ask(temperature=99))
    same((error.status_code, error.code, error.param), (400, "decimal_above_max_value", "temperature"))
    stranger = client.with_options(api_key="sk-invalid")
    error = raises(openai.AuthenticationError, lambda: stranger.responses.create(model=MODEL, input="a"))
    same((error.status_code, error.code, error.type), (401, "invalid_api_key", "invalid_request_error"))
    error = raises(openai.NotFoundError, lambda: client.chat.completions.create(
        model="gpt-does-not-exist", messages=HELLO))
    same(error.code, "model_not_found")
    error = raises(openai.NotFoundError, lambda: client.post("/nowhere", cast_to=object, body={}))
    same(error.body["message"], "Invalid URL (POST /v1/nowhere)")
    error = raises(openai.APIStatusError, lambda: client.get("/embeddings", cast_to=object))
    same((error.status_code, error.code), (405, "method_not_supported"))
    steer("rate_limit", retry_after_seconds=1)
    error = raises(openai.RateLimitError, lambda: ask("Hello"))
    same((error.response.headers["retry-after"], error.code), ("1", "rate_limit_exceeded"))
    steer("spend_limit")
    same(raises(openai.RateLimitError, lambda: ask("Hello")).code, "insufficient_quota")
    for fault, status in (("server_error", 500), ("overloaded", 503)):
        steer(fault)
        same(raises(openai.InternalServerError, lambda: respond("Hello")).status_code, status)


@feature("retries")
def retries():
    patient = client.with_options(max_retries=2)
    before = calls()
    steer("rate_limit", retry_after_seconds=1)
    steer("server_error")
    answer = patient.chat.completions.create(model=MODEL, messages=HELLO)
    same((answer.choices[0].message.content[:29], calls() - before), (OPENING, 3))


@feature("broken stream")
def broken_stream():
    steer("stream_error", events=3)
    stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    error = raises(openai.APIError, lambda: list(stream))
    same((error.type, error.message), ("server_error", "The server had an error."))
    steer("stream_cut", events=3)
    stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    raises(Exception, lambda: list(stream))


@feature("async")
async def asynchronous():
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{URL}/v1") as other:
        answers = await asyncio.gather(*(other.responses.create(model=MODEL, input="Hello") for _ in range(5)))
        same(len({answer.output_text for answer in answers}), 1)
        stream = await other.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
        same(text[:29], OPENING)


run()
