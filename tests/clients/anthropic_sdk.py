"""Anthropic's Python SDK: what its users do with it, each result checked."""

import anthropic

from harness import URL, feature, last, run, same

client = anthropic.Anthropic(api_key="sk-test", base_url=URL)
MODEL = "claude-sonnet-5"


@feature("plain")
def plain():
    answer = client.messages.create(
        model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "Hello"}])
    same((answer.type, answer.role, answer.model), ("message", "assistant", MODEL))
    same(answer.stop_reason, "end_turn")
    same([block.type for block in answer.content], ["text"])
    same(answer.content[0].text[:29], "This is the provider emulator")
    same(last()["headers"]["anthropic-version"], "2026-10-21")


run()
