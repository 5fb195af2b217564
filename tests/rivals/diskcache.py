"""What `rivals store` measures, for Python's diskcache (https://pypi.org/project/diskcache).

    pip install diskcache==5.6.3
    python3 tests/rivals/diskcache.py [--quick] [--seed N] [--only TABLE] [--dir DIR]

It prints the same tables with the same cases. Beside diskcache as it comes there is `raw`: what the
system calls take from Python. Values are bytes, as diskcache keeps them without pickling.
diskcache never waits for the disk (it sets `synchronous` to NORMAL in WAL mode); for the durable
rows it is set to FULL.
"""

import argparse
import gc
import itertools
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time

# This file has the name of the module that it measures.
sys.path = [path for path in sys.path if os.path.abspath(path or ".") != os.path.dirname(os.path.abspath(__file__))]
import diskcache  # noqa: E402

VALUES = [("200B", 200, 10_000), ("4KB", 4096, 10_000), ("64KB", 65_536, 1000)]
THREADS = 8
# What a record of ours has beside its value: raw appends as many bytes.
OVERHEAD = 112


class Disk:
    """diskcache, without eviction and with no bound that a run comes near."""

    def __init__(self, path, durable):
        synchronous = 2 if durable else 1
        self.cache = diskcache.Cache(
            path, size_limit=1 << 40, eviction_policy="none", sqlite_synchronous=synchronous
        )

    def get(self, _number, key):
        return self.cache[key]

    def put(self, key, value):
        self.cache[key] = value

    def fill(self, entries):
        with self.cache.transact():
            for key, value in entries:
                self.cache[key] = value

    def close(self):
        self.cache.close()


class Raw:
    """One file: pread of the value, append of as many bytes as a record of ours takes."""

    def __init__(self, path, durable):
        os.makedirs(path, exist_ok=True)
        self.durable = durable
        self.file = os.open(os.path.join(path, "raw"), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self.len = 0

    def get(self, number, _key):
        stride = self.len + OVERHEAD
        return os.pread(self.file, self.len, number * stride)

    def put(self, _key, value):
        os.write(self.file, value + bytes(OVERHEAD))
        if self.durable:
            os.fdatasync(self.file)

    def fill(self, entries):
        for key, value in entries:
            self.put(key, value)

    def close(self):
        os.close(self.file)


SIDES = [("diskcache", Disk), ("raw", Raw)]


class Run:
    def __init__(self, options):
        self.options = options
        self.rounds = 15 if options.quick else 101
        self.folders = []

    def folder(self):
        folder = tempfile.mkdtemp(prefix="llm-cache-rivals-", dir=self.options.dir)
        self.folders.append(folder)
        return folder

    def entries(self, count, length):
        numbers = random.Random(self.options.seed)
        text = bytes(numbers.choices(range(0x30, 0x70), k=length))
        for _ in range(count):
            key = numbers.randbytes(32)
            yield key, bytes(0x30 + (byte & 0x3F) for byte in key) + text[32:]

    def begin(self, table, unit="us"):
        command = " ".join(["diskcache.py", *sys.argv[1:]])
        version = f"diskcache {diskcache.__version__}, Python {sys.version.split()[0]}"
        print(f"# {command}; seed {self.options.seed}; {processor()}; {version}; table {table}")
        print("\t".join(["case", *(f"{name}_{unit}" for name, _ in SIDES)]), flush=True)

    def row(self, case, times):
        for (name, _), of_side in zip(SIDES, times):
            low, median, high = statistics.quantiles(of_side, n=4, method="inclusive")
            print(f"{case}\t{name}_us\t{low:.3f}\t{median:.3f}\t{high:.3f}", file=sys.stderr)
        medians = (statistics.median(of_side) for of_side in times)
        print("\t".join([case, *(f"{median:.3f}" for median in medians)]), flush=True)

    def by_turns(self, turn, rounds=None):
        """Times each side in each round: `turn(side, round)` gives microseconds a call."""
        times = [[] for _ in SIDES]
        for number in range(rounds or self.rounds):
            for at in range(len(SIDES)):
                side = (number + at) % len(SIDES)
                times[side].append(turn(side, number))
        return times


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))


def timed(calls, work):
    start = time.perf_counter()
    for call in range(calls):
        work(call)
    return (time.perf_counter() - start) * 1e6 / calls


def threads_timed(calls, work):
    """Microseconds of wall time a call, whichever thread makes it."""
    ready = threading.Barrier(THREADS + 1)

    def run(thread):
        ready.wait()
        for call in range(calls):
            work(thread, call)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - start) * 1e6 / (calls * THREADS)


def filled(run, entries, length):
    """A folder for each side with these entries, closed."""
    folders = [run.folder() for _ in SIDES]
    for folder, (_, side) in zip(folders, SIDES):
        store = side(folder, False)
        store.len = length
        store.fill(entries)
        store.close()
    os.sync()
    return folders


def opened(folders, length, durable=False):
    stores = [side(folder, durable) for folder, (_, side) in zip(folders, SIDES)]
    for store in stores:
        store.len = length
    return stores


def table_get(run):
    run.begin("get")
    numbers = random.Random(~run.options.seed)
    for name, length, count in VALUES:
        if run.options.quick and name != "4KB":
            continue
        entries = list(run.entries(count, length))
        folders = filled(run, entries, length)
        stores = opened(folders, length)
        order = itertools.cycle(numbers.choices(range(count), k=20_000))

        def get(side, order=order, entries=entries, stores=stores):
            number = next(order)
            stores[side].get(number, entries[number][0])

        run.row(f"get {name}", run.by_turns(lambda side, _: timed(100, lambda _: get(side))))
        if name == "4KB":

            def cold(side, _, folders=folders, length=length):
                store = SIDES[side][1](folders[side], False)
                store.len = length
                some = [(number, entries[number][0]) for number in numbers.sample(range(count), 200)]
                taken = timed(200, lambda call: store.get(*some[call]))
                store.close()
                return taken

            run.row("get 4KB cold", run.by_turns(cold, min(run.rounds, 31)))
            many = lambda side, _: threads_timed(200, lambda _thread, _call: get(side))  # noqa: E731
            run.row(f"get 4KB {THREADS} threads", run.by_turns(many, min(run.rounds, 31)))
        for store in stores:
            store.close()


def table_put(run):
    run.begin("put")
    for durable, how in [(False, "nosync"), (True, "durable")]:
        for name, length, _ in VALUES:
            if run.options.quick and name != "4KB":
                continue
            stores = opened([run.folder() for _ in SIDES], length, durable)
            calls = 5 if durable else 20
            # Keys and values are made before the clock runs.
            supply = list(run.entries(run.rounds * calls * (1 + THREADS), length))
            at = itertools.cycle(supply)
            one = lambda side, _: timed(calls, lambda _: stores[side].put(*next(at)))  # noqa: E731
            run.row(f"put {name} {how}", run.by_turns(one))
            if name == "4KB":
                lock = threading.Lock()

                def put(side, stores=stores, at=at, lock=lock):
                    with lock:
                        entry = next(at)
                    stores[side].put(*entry)

                many = lambda side, _: threads_timed(calls, lambda *_: put(side))  # noqa: E731
                run.row(f"put {name} {how} {THREADS} threads", run.by_turns(many, 15))
            for store in stores:
                store.close()


def table_open(run):
    run.begin("open")
    counts = [10_000] if run.options.quick else [10_000, 1_000_000]
    for count in counts:
        length = 4096 if count == 10_000 else 200
        first = next(run.entries(1, length))[0]
        folders = filled(run, run_once(run, count, length), length)

        def turn(side, _, folders=folders, length=length, first=first):
            start = time.perf_counter()
            store = SIDES[side][1](folders[side], False)
            store.len = length
            store.get(0, first)
            taken = (time.perf_counter() - start) * 1e6
            store.close()
            return taken

        run.row(f"open {count}", run.by_turns(turn, 15))


def run_once(run, count, length):
    """Entries that each side may walk through, without keeping them all."""

    class Entries:
        def __iter__(self):
            return run.entries(count, length)

    return Entries()


def table_space(run):
    run.begin("space", "bytes")
    for name, length, count in VALUES:
        if run.options.quick and name != "4KB":
            continue
        gc.collect()
        folders = filled(run, list(run.entries(count, length)), length)
        overheads = []
        for folder in folders:
            paths = (os.path.join(top, each) for top, _, names in os.walk(folder) for each in names)
            occupied = sum(os.lstat(path).st_blocks * 512 for path in paths)
            overheads.append(occupied / count - length)
        cells = (f"{overhead:.3f}" for overhead in overheads)
        print("\t".join([f"disk overhead {name} {count}", *cells]), flush=True)


TABLES = {"get": table_get, "put": table_put, "open": table_open, "space": table_space}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--dir", help="where the stores are kept while they are measured")
    run = Run(parser.parse_args())
    try:
        for name, table in TABLES.items():
            if run.options.only in (None, name):
                table(run)
    finally:
        for folder in run.folders:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
