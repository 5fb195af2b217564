"""What `rivals client` measures of typed answers, for Instructor's AutoCache.

    pip install instructor==1.17.0
    python3 tests/rivals/instructor_cache.py [--quick]

It prints the cases `extract 40B` and `extract 100KB` with the same prompts and the same answer. A
server on this machine answers the first call of each; every call that is timed is a hit in memory.
"""

import argparse
import http.server
import json
import statistics
import sys
import threading
import time

import instructor
import openai
from instructor.cache import AutoCache
from pydantic import BaseModel

TYPED = '{"name":"Ada Lovelace","age":36,"languages":["English","French"]}'


class Person(BaseModel):
    name: str
    age: int
    languages: list[str]


class Provider(http.server.BaseHTTPRequestHandler):
    """Gives everybody the same answer and counts the requests."""

    requests = 0

    def do_POST(self):
        Provider.requests += 1
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": TYPED, "refusal": None}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 31, "completion_tokens": 24, "total_tokens": 55}
        answer = {"id": "c_1", "object": "chat.completion", "created": 1, "model": "gpt-4o"}
        body = json.dumps(answer | {"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def text(length):
    words = "Ada Lovelace is 36 and speaks English and French. "
    return (words * (length // len(words) + 1))[:length]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    rounds = 15 if parser.parse_args().quick else 101
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    upstream = openai.OpenAI(api_key="sk-1", base_url=f"http://127.0.0.1:{server.server_port}/v1")
    mode = instructor.Mode.JSON
    client = instructor.from_openai(upstream, mode=mode, cache=AutoCache(maxsize=1000))
    version = f"instructor {instructor.__version__}, Python {sys.version.split()[0]}"
    command = " ".join(["instructor_cache.py", *sys.argv[1:]])
    print(f"# {command}; {version}; table client")
    print("case\tinstructor_ns", flush=True)
    for name, length in [("40B", 40), ("100KB", 100_000)]:
        messages = [{"role": "user", "content": text(length)}]

        def extract(messages=messages):
            person = client.chat.completions.create(
                model="gpt-4o", messages=messages, response_model=Person
            )
            assert person.age == 36

        extract()
        sent = Provider.requests
        times = []
        for _ in range(rounds):
            start = time.perf_counter_ns()
            for _ in range(20):
                extract()
            times.append((time.perf_counter_ns() - start) / 20)
        assert Provider.requests == sent, "a call that was timed is no hit"
        print(f"extract {name}\t{statistics.median(times):.3f}", flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
