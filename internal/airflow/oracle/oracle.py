#!/usr/bin/env python3
"""Real Airflow as the judge of what internal/airflow says.

Needs Python 3.10, Go, and `uv` with a package index. Nothing of it runs in
`go test`. README.md tells the commands.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import releases
from ours import ROOT, Inspector, differences
from pieces import Maker

HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(ROOT, "testdata", "vectors")
KINDS = ["env", "json_file", "yaml_file", "env_file"]


class Oracle:
    """A running Airflow that answers cases."""

    def __init__(self, version, home):
        self.version = version
        python = os.path.join(home, version, "bin", "python")
        if not os.path.exists(python):
            install(version, home)
        self.processes = {"server": self._start(python)}
        if not version.startswith("2."):
            self.processes["worker"] = self._start(python, "--worker")
        self.about = {}
        for p in self.processes.values():
            line = p.stdout.readline()
            if not line:
                sys.exit(f"Airflow {version} does not start; try: echo | {python} {HERE}/reader.py")
            self.about = json.loads(line)

    @staticmethod
    def _start(python, *args):
        env = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
        env.update(LC_ALL="C.UTF-8", PYTHONUTF8="1")
        if os.path.isdir("/dev/shm"):
            env["TMPDIR"] = "/dev/shm"
        return subprocess.Popen([python, os.path.join(HERE, "reader.py"), *args], env=env, text=True, encoding="utf-8",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, case):
        """The answers of server and worker; the worker's only for values."""
        asked = {n: p for n, p in self.processes.items() if n == "server" or case["kind"] == "env"}
        for p in asked.values():
            p.stdin.write(json.dumps(case) + "\n")
            p.stdin.flush()
        answers = {}
        for name, p in asked.items():
            line = p.stdout.readline()
            if not line:
                sys.exit(f"Airflow {self.version} ended at {json.dumps(case)}")
            answers[name] = json.loads(line)
        return answers

    def close(self):
        for p in self.processes.values():
            p.stdin.close()
            p.wait()


def install(version, home):
    """Puts an Airflow into an environment of its own."""
    target = os.path.join(home, version)
    subprocess.run(["uv", "venv", "-q", "-p", releases.python(version), target], check=True)
    command = ["uv", "pip", "install", "-q", f"apache-airflow=={version}", *releases.PINS]
    if releases.date(version):
        command += ["--exclude-newer", releases.date(version)]
    subprocess.run(command, env={**os.environ, "VIRTUAL_ENV": target}, check=True)


# --- recorded cases ----------------------------------------------------------


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def recorded():
    """The cases that are kept, and the versions they were recorded from."""
    vectors = read_json(os.path.join(VECTORS, "airflow-readers.json"))
    for name in ("airflow-fuzzed.json", "airflow-evidence.json"):
        vectors["cases"] += read_json(os.path.join(VECTORS, name))["cases"]
    return vectors


def expected(case, version):
    """What is recorded for a case, by process; None if nothing is."""
    server = case.get("expected") or case.get("expected_by_version", {}).get(version)
    if server is None:
        return None
    answers = {"server": server}
    if case["kind"] == "env" and not version.startswith("2."):
        answers["worker"] = case.get("sdk_by_version", {}).get(version, server)
    return answers


def comparable(result):
    """A result without wordings, which may differ where behaviour does not."""
    if isinstance(result, dict):
        return {k: comparable(v) for k, v in result.items() if k not in ("message", "other_messages", "parse_errors", "warnings")}
    if isinstance(result, list):
        return [comparable(v) for v in result]
    return result


def asked(case):
    return {k: case[k] for k in ("kind", "input", "input_b64", "file_name", "conn_id", "env_name") if k in case}


def agree(a, b):
    return json.dumps(comparable(a), sort_keys=True) == json.dumps(comparable(b), sort_keys=True)


def answers_of(version, home, cases):
    """What an Airflow answers to all cases, and about itself."""
    oracle = Oracle(version, home)
    answers = [oracle.ask(asked(case)) for case in cases]
    oracle.close()
    return answers, oracle.about


def differs_from(cases, answers, like):
    """Those of the answers that are not recorded so for another version, by case."""
    different = {}
    for case, answer in zip(cases, answers):
        was = expected(case, like)
        if was is None:
            continue
        changed = {n: a for n, a in answer.items() if not agree(a, was.get(n, was["server"]))}
        if changed:
            different[case["name"]] = changed
    return different


# --- commands ----------------------------------------------------------------


def command_install(args):
    for version in args.versions:
        Oracle(version, args.home).close()
        print(f"{version} stands")


def command_verify(args):
    """Are the recorded vectors still what these releases do?"""
    wrong, cases = 0, recorded()["cases"]
    for version in args.versions:
        answers, about = answers_of(version, args.home, cases)
        different = differs_from(cases, answers, version)
        wrong += len(different)
        print(f"{version} on Python {about['python']}: {len(different)} recorded results differ")
        for name, changed in different.items():
            print(f"  {name}\n    {json.dumps(changed)[:600]}")
    return wrong


def command_add(args):
    """Runs all recorded cases in further releases and keeps what changed."""
    vectors = recorded()
    for version in args.versions:
        answers, about = answers_of(version, args.home, vectors["cases"])
        different, like = {}, ""
        # The recorded release that it resembles most; of equals the nearest one.
        for other in sorted(vectors["versions"], key=lambda v: (releases.key(v) > releases.key(version), releases.key(v))):
            found = differs_from(vectors["cases"], answers, other)
            if not like or len(found) <= len(different):
                different, like = found, other
        print(f"{version} on Python {about['python']}: {len(different)} of {len(vectors['cases'])} cases are not as in {like}")
        for name, changed in different.items():
            print(f"  {name}: {', '.join(changed)}")
        path = os.path.join(VECTORS, "airflow-releases", version + ".json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"version": version, "like": like, **about, "differs": different}, f, indent=1, sort_keys=True)
            f.write("\n")


def command_compare(args):
    """inspect against the real Airflow, on all recorded cases."""
    inspector, wrong = Inspector(), 0
    cases = [c for c in recorded()["cases"] if "env_name" not in c]
    for version in args.versions:
        oracle = Oracle(version, args.home)
        ours = inspector.read(cases, [version])
        for case, got in zip(cases, ours):
            found = differences(case, version, oracle.ask(asked(case)), got)
            wrong += bool(found)
            for problem in found:
                print(f"{version} {case['name']}\n  {json.dumps(asked(case), ensure_ascii=False)[:300]}\n  {problem[:600]}")
        oracle.close()
    inspector.close()
    print(f"{wrong} of {len(cases) * len(args.versions)} results differ")
    return wrong


def command_fuzz(args):
    """inspect against real Airflows, on random cases; shrinks what differs."""
    # Deep ones are left out: how deep is too deep depends on the program around.
    samples = {k: [c["input"] for c in recorded()["cases"] if c["kind"] == k and "input" in c and len(c["input"]) < 2000] for k in KINDS}
    maker, inspector = Maker(args.seed, samples), Inspector()
    oracles = [Oracle(v, args.home) for v in args.versions]
    kinds = args.kind or KINDS
    done, kept, seen, start = 0, [], {}, time.monotonic()
    while done < args.cases:
        batch = [maker.case(kinds[i % len(kinds)]) for i in range(min(args.batch, args.cases - done))]
        ours = inspector.read(batch, args.versions)
        for case, got in zip(batch, ours):
            for oracle in oracles:
                found = differences(case, oracle.version, oracle.ask(case), got)
                if not found:
                    continue
                small, problem = shrink(case, oracle, inspector)
                key = (small["kind"], small["input"])
                if key in seen:
                    seen[key] += 1
                    continue
                seen[key] = 1
                kept.append({"name": f"fuzz{args.seed}/{len(kept) + 1}", **small})
                print(f"\n{oracle.version} {small['kind']} {json.dumps(small['input'])}\n  {problem[:700]}", flush=True)
                if len(kept) >= args.most:
                    done = args.cases
                    break
            else:
                continue
            break
        done += len(batch)
        print(f"\r{done} cases, {len(kept)} mismatches, {done / (time.monotonic() - start):.0f} a second ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for oracle in oracles:
        oracle.close()
    inspector.close()
    if args.keep and kept:
        with open(args.keep, "a", encoding="utf-8") as f:
            for case in kept:
                print(json.dumps(case), file=f)
    print(f"{min(done, args.cases)} cases in Airflow {', '.join(args.versions)}: {len(kept)} kinds of mismatch")
    return len(kept)


def shrink(case, oracle, inspector):
    """The smallest case that still differs, found by leaving out parts."""
    def problem(text):
        small = {**case, "input": text}
        found = differences(small, oracle.version, oracle.ask(small), inspector.read([small], [oracle.version])[0])
        return found[0] if found else ""

    text = case["input"]
    why = problem(text)
    size = max(1, len(text) // 2)
    deadline = time.monotonic() + 20
    while size and time.monotonic() < deadline:
        at, progress = 0, False
        while at < len(text) and time.monotonic() < deadline:
            shorter = text[:at] + text[at + size:]
            found = problem(shorter)
            if found:
                text, why, progress = shorter, found, True
            else:
                at += size
        if not progress:
            size //= 2
    return {**case, "input": text}, why


def command_record(args):
    """Turns cases (JSON, one a line) into vectors of several versions."""
    with open(args.cases, encoding="utf-8") as f:
        cases = [json.loads(line) for line in f if line.strip()]
    for version in args.versions:
        oracle = Oracle(version, args.home)
        for case in cases:
            answers = oracle.ask(asked(case))
            case.setdefault("expected_by_version", {})[version] = answers["server"]
            if "worker" in answers and not agree(answers["worker"], answers["server"]):
                case.setdefault("sdk_by_version", {})[version] = answers["worker"]
        oracle.close()
    for case in cases:
        # Where all agree, wordings too, once is enough.
        results = list(case["expected_by_version"].values())
        if all(json.dumps(r, sort_keys=True) == json.dumps(results[0], sort_keys=True) for r in results):
            del case["expected_by_version"]
            case["versions"], case["expected"] = "all", results[0]
    with open(args.output, "w", encoding="utf-8") as f:
        json.dump({"about": ["As airflow-readers.json; recorded by internal/airflow/oracle."], "versions": args.versions, "cases": cases}, f, indent=1)
        f.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", default=os.path.join(os.path.expanduser("~"), ".cache", "dbtconn-lint-oracle"), help="where the environments are kept")
    commands = parser.add_subparsers(required=True)

    def command(name, run):
        c = commands.add_parser(name, help=(run.__doc__ or "install these releases").splitlines()[0])
        c.add_argument("versions", nargs="+", metavar="VERSION")
        c.set_defaults(run=run)
        return c

    command("install", command_install)
    command("verify", command_verify)
    command("add", command_add)
    command("compare", command_compare)
    record = command("record", command_record)
    record.add_argument("--cases", required=True)
    record.add_argument("-o", "--output", required=True)
    fuzz = command("fuzz", command_fuzz)
    fuzz.add_argument("--cases", type=int, default=20000)
    fuzz.add_argument("--seed", type=int, default=1)
    fuzz.add_argument("--kind", action="append", choices=KINDS)
    fuzz.add_argument("--batch", type=int, default=400)
    fuzz.add_argument("--most", type=int, default=50, help="stop after so many mismatches")
    fuzz.add_argument("--keep", help="append the shrunk cases to this file, for record")
    args = parser.parse_args()
    sys.exit(1 if args.run(args) else 0)


if __name__ == "__main__":
    main()
