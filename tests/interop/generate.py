"""I-JSON documents to compare canonicalisers with: numbers, strings, objects, from a seed.

Every document is one line. Integer literals beyond 2^53 are left out, because there our canonical
form departs from RFC 8785 on purpose; so are lone surrogates and equal names.
"""

import math
import random
import struct
from decimal import Context, Decimal

EXACT = Context(prec=1200)
A_LINE = 1000  # numbers in one array, and a tenth as many strings


def double(bits):
    return struct.unpack(">d", bits.to_bytes(8, "big"))[0]


def inexact(text):
    """The spelling, and never one of a large integer."""
    if any(mark in text for mark in ".eE") or abs(int(text)) < 2**53:
        return text
    return text + ".0"


def any_double(rng):
    """A double with random bits, in the fewest digits."""
    while True:
        value = double(rng.getrandbits(64))
        if math.isfinite(value):
            return value


def near_double(rng):
    """A double of the magnitudes that people write."""
    return rng.uniform(-1, 1) * 10.0 ** rng.randrange(-12, 25)


def long_spelling(rng):
    """More digits than needed."""
    value = any_double(rng) if rng.random() < 0.5 else near_double(rng)
    return inexact("%.*g" % (rng.randrange(16, 26), value))


def any_digits(rng):
    """Random digits, the point anywhere, zeros behind it, every kind of exponent."""
    digits = str(rng.getrandbits(rng.randrange(1, 90)))
    point = rng.randrange(len(digits) + 1)
    text = (digits[:point] or "0") + ("." + digits[point:] if digits[point:] else "")
    kind = rng.randrange(4)
    if kind == 0:
        text = "0." + "0" * rng.randrange(30) + digits
    elif kind > 1:
        sign = rng.choice(["", "+", "-"])
        text += f"{rng.choice('eE')}{sign}{rng.choice(['', '0', '00'])}{rng.randrange(281)}"
    return inexact("-" * rng.randrange(2) + text)


def small_integer(rng):
    return str(rng.getrandbits(rng.randrange(1, 54)) * rng.choice([1, -1]))


def plain(rng):
    """Few digits and a point: temperatures, prices."""
    digits = rng.randrange(7)
    return "%.*f" % (digits, rng.uniform(-1000, 1000)) if digits else str(rng.randrange(10**6))


def midpoint(rng):
    """Exactly half between two doubles, or one in the 61st digit above or below that."""
    exponent = rng.randrange(0, 0x7FE) if rng.random() < 0.1 else rng.randrange(0x3C0, 0x440)
    bits = exponent << 52 | rng.getrandbits(52)
    half = EXACT.divide(EXACT.add(Decimal(double(bits)), Decimal(double(bits + 1))), 2)
    nudge = Decimal((rng.randrange(2), (rng.randrange(2),), half.adjusted() - 60))
    text = f"{EXACT.add(half, nudge):f}"
    return text if "." in text else text + ".0"


def edges():
    """Every power of two and of ten with the doubles around it, and the ends of the range."""
    values = [math.ldexp(1.0, power) for power in range(-1074, 1024)]
    values += [float(f"1e{power}") for power in range(-323, 309)]
    values += [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**53, 1e21, 1e-6]
    for value in values:
        for near in (value, math.nextafter(value, 0), math.nextafter(value, math.inf)):
            if math.isfinite(near):
                yield inexact(repr(near))
                yield inexact("%.17g" % -near)
    yield from ["0", "-0", "-0.0", "0e5", "-0E-400", "1e-400", "-1e-99999"]
    for power in range(-324, 309):
        for digit in (1, 2, 5, 9):
            if power < 308 or digit == 1:
                yield f"{digit}e{power}"


MIX = [
    (8, lambda rng: inexact(repr(any_double(rng)))),
    (4, lambda rng: inexact(repr(near_double(rng)))),
    (3, long_spelling),
    (3, any_digits),
    (1, small_integer),
    (1, plain),
]


def numbers(rng, count):
    """Arrays of numbers, each with its count: edges, 20,000 midpoints, then `count` of the mix."""
    kinds = [make for weight, make in MIX for _ in range(weight)]
    batch = list(edges())
    batch += [midpoint(rng) for _ in range(20_000)]
    while batch:
        yield "[" + ",".join(batch) + "]", len(batch)
        batch = [rng.choice(kinds)(rng) for _ in range(min(A_LINE, count))]
        count -= len(batch)


RANGES = [
    (0x20, 0x7F), (0x20, 0x7F), (0x61, 0x64), (0x00, 0x20), (0x80, 0x250), (0x20AC, 0x20AD),
    (0x2027, 0x202A), (0x4E00, 0x9FFF), (0xD7F0, 0xD800), (0xE000, 0xE010), (0xFFF0, 0x10000),
    (0x10000, 0x10010), (0x1F600, 0x1F650), (0x10FFF0, 0x110000),
]
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
         "\t": "\\t"}


def text(rng, longest):
    """Any characters, mostly of one kind."""
    of = rng.sample(RANGES, 2)
    length = int(rng.random() ** 2 * longest)
    return "".join(chr(rng.randrange(*rng.choice(of))) for _ in range(length))


def spelled(rng, characters):
    """A JSON string of the characters, escaped where it must be and at random."""
    often, out = rng.choice([0, 0, 0.1, 0.9]), []
    for character in characters:
        must = character < " " or character in '"\\'
        if not must and rng.random() >= often:
            out.append(character)
        elif character in SHORT and rng.random() < 0.7:
            out.append(SHORT[character])
        else:
            units = character.encode("utf-16-be").hex()
            units = units.upper() if rng.random() < 0.5 else units
            out += ["\\u" + units[at : at + 4] for at in range(0, len(units), 4)]
    return '"' + "".join(out) + '"'


def strings(rng, count):
    """Arrays of strings, each with its count."""
    each = A_LINE // 10
    for _ in range(count // each):
        yield "[" + ",".join(spelled(rng, text(rng, 40)) for _ in range(each)) + "]", each


SPACES = ["", "", "", " ", "\t", "  ", " \r "]
ODD_NAMES = ["__proto__", "constructor", "toJSON", "length", "0", "10", "2", "", "a", "ab", "\x00"]


def document(rng, depth):
    """A value that nests, with white space at random. Its size is some hundred bytes."""
    def space():
        return rng.choice(SPACES)

    kind = rng.random()
    if depth == 0 or kind < 0.3:
        scalar = rng.randrange(3)
        if scalar == 0:
            return spelled(rng, text(rng, 30))
        return rng.choice(MIX)[1](rng) if scalar == 1 else rng.choice(["true", "false", "null"])
    count = rng.randrange(7)
    if kind < 0.5:
        return "[" + ",".join(space() + document(rng, depth - 1) + space()
                              for _ in range(count)) + space() + "]"
    names = {rng.choice(ODD_NAMES) if rng.random() < 0.3 else text(rng, 8) for _ in range(count)}
    # A set's order differs from run to run.
    names = rng.sample(sorted(names), len(names))
    return "{" + ",".join(
        f"{space()}{spelled(rng, name)}{space()}:{space()}{document(rng, depth - 1)}{space()}"
        for name in names) + space() + "}"


def damaged(rng):
    """A document with some bytes changed, left out or put in: most are no JSON any more."""
    body = bytearray(document(rng, 3).encode())
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(body))
        byte = rng.choice(b'"\\{}[]:,-+.0123eEutrn \x00\x1f\x7f\x80\xed\xff')
        body[at : at + rng.randrange(2)] = rng.choice([[byte], [], body[at : at + 2]])
        body = body or bytearray(b"0")
    return bytes(body)
