"""A provider that counts: every request of either API is answered with the same person.

Prints its port, and then the number of requests it has received whenever a line comes in.
"""

import http.server
import json
import sys
import threading

PERSON = '{"name":"John","age":30}'
ANTHROPIC = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None,
    "content": [{"type": "text", "text": PERSON}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 20, "output_tokens": 10},
}
OPENAI = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": PERSON, "refusal": None}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30},
}
received = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global received
        received += 1
        self.rfile.read(int(self.headers["content-length"]))
        answer = ANTHROPIC if self.path.endswith("/messages") else OPENAI
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for _ in sys.stdin:
    print(received, flush=True)
