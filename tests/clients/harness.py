"""What a client program stands on: a list of features, each a function that checks what it got.

    @feature("plain")
    def plain():
        same(answer.stop_reason, "end_turn")

    run()

`run` calls every feature and prints one line of JSON for each, which clients.py reads. A feature
fails where it raises; `same` and `raises` do so with both values. `steer` makes the next request
meet a fault of the emulator, `calls` counts its requests, `last` tells of the latest one.
"""

import inspect
import json
import os
import traceback
import urllib.request

URL = os.environ["EMULATOR_URL"]
FEATURES = []


def feature(name):
    def add(function):
        FEATURES.append((name, function))
        return function
    return add


def run():
    for name, function in FEATURES:
        failure = None
        try:
            if inspect.iscoroutinefunction(function):
                import asyncio
                asyncio.run(function())
            else:
                function()
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)
            own = [frame.lineno for frame in at if frame.filename == inspect.getfile(function)]
            failure = f"line {own[-1] if own else '?'}: {type(fault).__name__}: {fault}"
        print(json.dumps({"feature": name, "failure": failure}), flush=True)
    print(json.dumps({"done": True}), flush=True)


def same(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def raises(kind, function):
    """The error of this kind that `function` raises."""
    try:
        found = function()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind}, found {found!r}")


def _steering(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{URL}/emulator/{path}", data) as answer:
        return json.load(answer)


def steer(fault, **numbers):
    _steering("fault", {"fault": fault, **numbers})


def calls():
    return _steering("calls")["calls"]


def last():
    return _steering("last")
