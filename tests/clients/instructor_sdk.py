"""Instructor on both vendors' Python SDKs: its modes that ask for JSON by a tool and in words."""

import anthropic
import instructor
import openai
from instructor import Mode
from pydantic import BaseModel, Field

from harness import URL, calls, check, feature, last, run, same

SENTENCE = [{"role": "user", "content": "My name is John and I am 30 years old"}]
BOTH = [{"role": "user", "content": "Extract: John is 30, Maria is 25."}]

OPENAI = openai.OpenAI(api_key="sk-test", base_url=f"{URL}/v1", max_retries=0)
ANTHROPIC = anthropic.Anthropic(api_key="sk-test", base_url=URL, max_retries=0)


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)


class People(BaseModel):
    people: list[Person]


TOOL_MODES = (Mode.TOOLS, Mode.RESPONSES_TOOLS)
JOHN, MARIA = {"name": "John", "age": 30}, {"name": "Maria", "age": 25}


def extract(mode, model, messages, vendor):
    if vendor == "openai":
        client = instructor.from_openai(OPENAI, mode=mode)
        return client.create(model="gpt-6-sol", messages=messages, response_model=model)
    client = instructor.from_anthropic(ANTHROPIC, mode=mode)
    return client.create(
        model="claude-sonnet-5", max_tokens=1000, messages=messages, response_model=model)


def modes(vendor, names):
    for mode in names:
        def ask(mode=mode):
            before = calls()
            same(extract(mode, Person, SENTENCE, vendor).model_dump(), JOHN)
            same(extract(mode, People, BOTH, vendor).model_dump(), {"people": [JOHN, MARIA]})
            same(calls() - before, 2)
            body = last()["body"]
            check(("tools" in body) == (mode in TOOL_MODES), "the mode asks as its name says")
        feature(f"{vendor} {mode.name.lower()}")(ask)


modes("openai", [Mode.TOOLS, Mode.RESPONSES_TOOLS, Mode.JSON, Mode.MD_JSON, Mode.JSON_SCHEMA])
# Instructor has no MD_JSON for this vendor, and makes JSON of JSON_SCHEMA with its newest SDK.
modes("anthropic", [Mode.TOOLS, Mode.JSON])

run()
