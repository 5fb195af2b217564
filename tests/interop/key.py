"""The request key, version 1: a second implementation, written from core/KEY.md alone.

It shares nothing with the Rust code. Standard library and `rfc8785`, which writes doubles and
strings as RFC 8785 wants them. Sections in the comments are those of KEY.md.

    python key.py DIALECT < body        prints the key with the empty endpoint id, tenant shared
"""

import hashlib
import re
import struct
import sys

import rfc8785

DEPTH_MAX = 128
LENGTH_MAX = 2**32 - 2
EXACT_MAX = 2**53
CACHING_BETAS = {"prompt-caching-2024-07-31", "extended-cache-ttl-2025-04-11"}

# Section 4.
OPENAI = [
    "stream", "stream_options", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "user", "safety_identifier",
]
LEFT_OUT = {
    "anthropic.messages": [
        "stream", "cache_control", "tools[].cache_control", "system[].cache_control",
        "messages[].content[].cache_control", "messages[].content[].content[].cache_control",
        "messages[].content[].source.content[].cache_control", "metadata.user_id",
    ],
    "openai.chat": OPENAI + ["messages[].content[].prompt_cache_breakpoint"],
    "openai.responses": OPENAI + [
        "input[].content[].prompt_cache_breakpoint", "input[].output[].prompt_cache_breakpoint",
    ],
    "openai.embeddings": ["user"],
    "json": [],
}


class Refused(Exception):
    """There is no key. `offset` counts bytes of the body or of the URL, or is None."""

    def __init__(self, kind, offset):
        super().__init__(f"error {offset} {kind}")
        self.kind, self.offset = kind, offset


# --- section 2: the canonical form ---------------------------------------------------------------

ELEMENT = None  # the step from an array to any element of it; a step to a member is its name


def steps(path):
    """The steps of a path as section 4 writes it: `a[].b` is a, ELEMENT, b."""
    found = []
    for piece in path.split("."):
        found.append(piece.removesuffix("[]"))
        if piece.endswith("[]"):
            found.append(ELEMENT)
    return tuple(found)


class Body:
    """One walk over a body; its methods take an offset and give what they read and the next one."""

    SPACE = re.compile(rb"[ \t\n\r]*")
    PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
    NUMBER = re.compile(rb"(-?)(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
    DIGIT_NEXT = re.compile(rb"[0-9]")
    HEX = re.compile(rb"[0-9a-fA-F]{0,4}")
    LITERALS = (b"true", b"false", b"null")
    ESCAPES = {
        b'"': '"', b"\\": "\\", b"/": "/",
        b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t",
    }

    def __init__(self, text, left_out, single=None):
        self.text = text
        self.left_out = left_out
        # Section 4.1: which element of a list of inputs stands in place of the list.
        self.single = single

    def canonical(self):
        """The canonical bytes of the whole body."""
        if len(self.text) > LENGTH_MAX:
            raise Refused("too_long", None)
        try:
            self.text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("invalid_utf8", error.start) from None
        value, at = self.value(self.skip(0), ())
        at = self.skip(at)
        if at != len(self.text):
            raise Refused("not_json", at)
        return value

    def skip(self, at):
        return self.SPACE.match(self.text, at).end()

    def byte(self, at):
        """The byte there, or nothing at the end."""
        return self.text[at : at + 1]

    def expect(self, at, wanted):
        """The byte there, which must be one of `wanted`."""
        byte = self.byte(at)
        if not byte or byte not in wanted:
            raise Refused("not_json", at)
        return byte

    def value(self, at, path):
        """One value. `path` has the steps to it, as many as there are open containers."""
        byte = self.byte(at)
        if byte in (b"{", b"["):
            if len(path) == DEPTH_MAX:
                raise Refused("too_deep", at)
            return self.object(at, path) if byte == b"{" else self.array(at, path)
        if byte == b'"':
            text, at = self.string(at)
            return rfc8785.dumps(text), at
        if byte == b"-" or byte.isdigit():
            return self.number(at)
        return self.literal(at)

    def literal(self, at):
        word = next((word for word in self.LITERALS if word[:1] == self.byte(at)), None)
        if word is None:
            raise Refused("not_json", at)
        for offset in range(len(word)):
            self.expect(at + offset, word[offset : offset + 1])
        return word, at + len(word)

    def array(self, at, path):
        values = []
        at = self.skip(at + 1)
        if self.byte(at) == b"]":
            return b"[]", at + 1
        while True:
            value, at = self.value(at, path + (ELEMENT,))
            values.append(value)
            at = self.skip(at)
            if self.expect(at, b",]") == b"]":
                if path == ("input",) and self.single is not None and self.is_batch(values):
                    return values[self.single], at + 1
                return b"[" + b",".join(values) + b"]", at + 1
            at = self.skip(at + 1)

    @staticmethod
    def is_batch(values):
        """Whether canonical values are inputs of their own; integers are one input together."""
        return not all(re.fullmatch(rb"-?[0-9]+", value) for value in values)

    def object(self, at, path):
        names, members = set(), []
        at = self.skip(at + 1)
        if self.byte(at) == b"}":
            return b"{}", at + 1
        while True:
            self.expect(at, b'"')
            start = at
            name, at = self.string(at)
            if name in names:
                raise Refused("duplicate_name", start)
            names.add(name)
            at = self.skip(at)
            self.expect(at, b":")
            value, at = self.value(self.skip(at + 1), path + (name,))
            if path + (name,) not in self.left_out:
                # UTF-16 units compare as their big-endian bytes do.
                members.append((name.encode("utf-16-be"), rfc8785.dumps(name) + b":" + value))
            at = self.skip(at)
            if self.expect(at, b",}") == b"}":
                members.sort()
                return b"{" + b",".join(member for _, member in members) + b"}", at + 1
            at = self.skip(at + 1)

    def string(self, at):
        """The unescaped string that opens at `at`."""
        text, at = "", at + 1
        while True:
            plain = self.PLAIN.match(self.text, at)
            text, at = text + plain[0].decode(), plain.end()
            byte = self.byte(at)
            if not byte:
                raise Refused("not_json", at)
            if byte == b'"':
                return text, at + 1
            if byte != b"\\":
                raise Refused("control_character", at)
            character, at = self.escape(at)
            text += character

    def escape(self, at):
        """The character that the escape at `at` stands for."""
        letter = self.byte(at + 1)
        if letter in self.ESCAPES:
            return self.ESCAPES[letter], at + 2
        unit = self.unit(at)
        if not 0xD800 <= unit < 0xE000:
            return chr(unit), at + 6
        if unit < 0xDC00 and self.text[at + 6 : at + 8] == b"\\u":
            low = self.unit(at + 6)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00)), at + 12
        raise Refused("lone_surrogate", at)

    def unit(self, at):
        """The UTF-16 unit of the `\\uXXXX` at `at`."""
        if self.byte(at + 1) in (b"u", b""):
            digits = self.HEX.match(self.text, at + 2)
            if len(digits[0]) == 4:
                return int(digits[0], 16)
            if digits.end() >= len(self.text):
                raise Refused("not_json", len(self.text))
        raise Refused("invalid_escape", at)

    def number(self, at):
        number = self.NUMBER.match(self.text, at)
        if number is None:  # a minus without a digit
            raise Refused("not_json", at + 1)
        sign, whole, fraction, exponent = number.groups()
        end = number.end()
        # A longer number that breaks off: `1.`, `1e`, `1e+`.
        rest = rb"[eE][+-]?" if fraction else rb"\.|[eE][+-]?"
        torn = None if exponent else re.compile(rest).match(self.text, end)
        if torn:
            raise Refused("not_json", torn.end())
        double = float(number[0])
        if double in (float("inf"), float("-inf")):
            raise Refused("number_range", at)
        if fraction is None and exponent is None:
            # Sixteen digits hold 2^53; more than twenty are not worth counting.
            if len(whole) > 20 or int(whole) > EXACT_MAX:
                return sign + whole, end
        return rfc8785.dumps(double), end


def canonical(body, dialect="json", single=None):
    """The bytes that are hashed behind the scope for a body, itself bytes; of one of its inputs
    (section 4.1) where `single` says which."""
    return Body(body, {steps(path) for path in LEFT_OUT[dialect]}, single).canonical()


# --- sections 1 and 3: scope and key -------------------------------------------------------------


def field(data):
    return struct.pack(">Q", len(data)) + data


def url(text):
    """The normal form of a URL, section 3.1."""
    for at, byte in enumerate(text.encode()):
        if not 0x21 <= byte <= 0x7E or byte == 0x5C:
            raise Refused("forbidden_byte", at)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", text)
    if scheme is None:
        raise Refused("missing_scheme", 0)
    rest = text.partition("#")[0][scheme.end() :]
    rest, _, query = rest.partition("?")
    authority, path = re.fullmatch(r"([^/]*)(.*)", rest).groups()
    host_at = scheme.end() + authority.rfind("@") + 1
    address = authority[authority.rfind("@") + 1 :]
    host, colon, port = re.fullmatch(r"((?:.*\])?[^:]*)(:?)(.*)", address).groups()
    if not host:
        raise Refused("empty_host", host_at)
    scheme = scheme[1].lower()
    port_at = host_at + len(host) + len(colon)
    if not port:
        port = {"http": "80", "https": "443"}.get(scheme)
        if port is None:
            raise Refused("unknown_port", port_at)
    port = re.fullmatch(r"0*([0-9]{1,5})", port)
    if port is None or int(port[1]) > 65535:
        raise Refused("invalid_port", port_at)
    pieces = sorted((piece for piece in query.split("&") if piece),
                    key=lambda piece: piece.partition("=")[0].encode())
    query = "?" + "&".join(pieces) if pieces else ""
    return f"{scheme}://{host.lower()}:{int(port[1])}{path or '/'}{query}"


def betas(values):
    """The set of betas, section 3.2."""
    pieces = {piece.strip(" \t") for value in values for piece in value.split(",")}
    return b",".join(sorted(piece.encode() for piece in pieces - CACHING_BETAS - {""}))


def tenant(value):
    """The tenant's bytes: "shared", {"named": name} or {"credential": API key}."""
    if value == "shared":
        return b"shared"
    if "named" in value:
        return b"named:" + value["named"].encode()
    api_key = value["credential"].encode()
    digest = hashlib.sha256(field(b"llm-cache/credential/1") + field(api_key)).digest()
    return b"credential:" + digest


def headers(pairs):
    """The counted headers, section 3.4: pairs of name and value."""
    lower = [(name.lower().encode(), value.encode()) for name, value in pairs]
    # Sorting keeps those of one name in their order.
    lower.sort(key=lambda pair: pair[0])
    return b"".join(field(name) + field(value) for name, value in lower)


def scope(request):
    """The scope bytes of a request, a dict with the fields of a vector (section 8)."""
    endpoint = request["endpoint"]
    if "url" in endpoint:
        endpoint = "url:" + url(endpoint["url"])
    else:
        endpoint = "id:" + endpoint["id"]
    return b"".join(map(field, [
        request["dialect"].encode(),
        endpoint.encode(),
        request.get("api_version", "").encode(),
        betas(request.get("betas", [])),
        request.get("organization", "").encode(),
        request.get("project", "").encode(),
        tenant(request["tenant"]),
        request.get("namespace", "").encode(),
        struct.pack(">I", request.get("variant", 0)) + headers(request.get("headers", [])),
    ]))


def key(request, body):
    """The key of a body, in hexadecimal."""
    canonical_body = canonical(body, request["dialect"], request.get("input"))
    return hashlib.sha256(field(b"llm-cache/key/1") + scope(request) + canonical_body).hexdigest()


if __name__ == "__main__":
    try:
        request = {"dialect": sys.argv[1], "endpoint": {"id": ""}, "tenant": "shared"}
        print(key(request, sys.stdin.buffer.read()))
    except Refused as refused:
        sys.exit(f"key: {refused}")
