#!/usr/bin/env python3
"""The real Astro CLI as the judge of what internal/astro says.

Needs a checkout of astronomer/astro-cli, Go and its module proxy, bash, and for
`record` an environment with Airflow. Nothing of it runs in `go test`. README.md
tells the commands.
"""

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor

from cases import shell_cases
from mutate import Mutator

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
FIRST_REST = (1, 42)


def is_rest(tag):
    return tuple(int(n) for n in tag.lstrip("v").split(".")[:2]) >= FIRST_REST


def build(checkout, tag, home):
    """The loader of a release, built in its own tree."""
    program = os.path.join(home, "loader-" + tag)
    if os.path.exists(program):
        return program
    tree = os.path.join(home, tag)
    archive = subprocess.run(["git", "-C", checkout, "archive", tag], check=True, capture_output=True).stdout
    tarfile.open(fileobj=io.BytesIO(archive)).extractall(tree)
    kind = "rest" if is_rest(tag) else "shell"
    target = os.path.join(tree, "oracle")
    os.makedirs(target, exist_ok=True)
    with open(os.path.join(HERE, "loader_%s.go" % kind)) as f, open(os.path.join(target, "main.go"), "w") as g:
        g.write(f.read().replace("//go:build ignore\n", "", 1))  # which keeps its imports out of our own go.mod
    subprocess.run(["go", "build", "-o", program, "./oracle"], cwd=tree, check=True)
    return program


class Container:
    """What the commands of the Astro CLI run in: an Airflow with an empty database."""

    def __init__(self, python):
        self.socket = os.path.join(tempfile.mkdtemp(prefix="oracle-"), "s")
        self.process = subprocess.Popen([python, os.path.join(HERE, "adder.py"), self.socket],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("%s: no Airflow starts" % python)

    def ask(self, argv):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.socket)
            with s.makefile("rw") as f:
                f.write(json.dumps(argv) + "\n")
                f.flush()
                return json.loads(f.readline())

    def load(self, loader, text):
        """What is held after a release has loaded the settings."""
        self.ask(["reset"])
        with tempfile.TemporaryDirectory() as folder:
            write(folder, text)
            path = os.path.join(HERE, "bin") + os.pathsep + os.environ["PATH"]
            env = {"PATH": path, "HOME": folder, "ORACLE_SOCKET": self.socket}
            p = subprocess.run([loader, folder, "airflow_settings.yaml"], cwd=folder, env=env,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        answer = {"printed": p.stdout, "held": self.ask(["held"])["held"]}
        if p.returncode != 0:
            answer["error"] = p.stderr.strip().split("\n")[-1].replace(os.path.join(HERE, "bin", ""), "")
        return answer


def write(folder, text):
    with open(os.path.join(folder, "airflow_settings.yaml"), "wb") as f:
        f.write(text.encode("utf-8", "surrogatepass"))


def record(args):
    """Runs the cases through the releases, each with an Airflow: what is not in the file yet. Equal answers are written once."""
    out = []
    if os.path.exists(args.output):
        with open(args.output) as f:
            out = json.load(f)["cases"]
    known = {case["name"]: case for case in out}
    for case in shell_cases():
        if case["name"] not in known:
            out.append({"name": case["name"], "input": case["input"], "expected": []})
    for airflow in args.airflow:
        container = Container(os.path.join(args.venvs, airflow, "bin", "python"))
        for tag in args.tags:
            loader, run = build(args.checkout, tag, args.home), [tag.lstrip("v"), airflow]
            for case in out:
                if not any(run in e["runs"] for e in case["expected"]):
                    add(case["expected"], run, container.load(loader, case["input"]))
        container.process.kill()
    about = ("What Airflow holds after the Astro CLI has loaded an airflow_settings.yaml into an empty database (SQLite): the released loader, "
             "built from its tag, a bash in place of `docker exec`, and the real `airflow connections` of each release with the types fs, email, generic, http, "
             "postgres, mysql, sqlite, dbt_cloud, snowflake and aws. runs: [Astro CLI, Airflow]. Recorded by internal/astro/oracle.")
    with open(args.output, "w") as f:
        json.dump({"about": about, "cases": out}, f, indent=1, ensure_ascii=True)
        f.write("\n")
    print(len(out), "cases,", sum(len(c["expected"]) for c in out), "answers")


def add(expected, run, answer):
    for e in expected:
        if e["answer"] == answer:
            e["runs"].append(run)
            return
    expected.append({"runs": [run], "answer": answer})


def ask_rest(loader, text, mode):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, text)
        p = subprocess.run([loader, folder, "airflow_settings.yaml", mode], cwd=folder, env={"HOME": folder}, capture_output=True)
    err = p.stderr.decode("utf-8", "replace")
    if p.returncode != 0:
        return {"crash": err.strip().split("\n")[0]}
    answer = json.loads(err.strip().split("\n")[-1])
    answer["printed"] = p.stdout.decode("utf-8", "replace")
    return answer


class Ours:
    """`dbtconn-lint inspect` on many inputs at once."""

    def __init__(self, home):
        self.program = os.path.join(home, "dbtconn-lint")
        subprocess.run(["go", "build", "-o", self.program, "./cmd/dbtconn-lint"], cwd=ROOT, check=True)

    def read(self, texts):
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for i, text in enumerate(texts):
                sub = os.path.join(folder, "%06d" % i)
                os.mkdir(sub)
                write(sub, text)
                names.append(os.path.join(sub, "airflow_settings.yaml"))
            p = subprocess.run([self.program, "inspect", "-o", "json", "--show-secrets", "--format", "astro-settings",
                                "--consumer", "astro@1.45"] + names, capture_output=True)
            if not p.stdout:
                sys.exit(p.stderr.decode())
            files = {f["path"]: f for f in json.loads(p.stdout)["files"]}
        answers = []
        for name in names:
            reading = next(r for r in files[name]["readings"] if r["consumer"].startswith("astro@"))
            answers.append({"refused": reading["error"] is not None, "error": reading["error"], "printed": reading.get("printed", ""), "posted": reading.get("posted", [])})
        return answers


def differ(theirs, ours):
    """Why the two answers are not the same; empty if they are."""
    if "crash" in theirs:
        return ""
    refused = "load_error" in theirs
    if refused != ours["refused"]:
        return "refused: %s, ours: %s" % (theirs.get("load_error", False), ours["error"])
    if refused:
        return ""
    posted = [normal(p) for p in theirs["posted"] or []]
    mine = [normal(p) for p in ours["posted"]]
    if posted != mine:
        return "posted %s\n  ours %s" % (json.dumps(posted), json.dumps(mine))
    # What looks like a secret is masked whatever is shown. Pools and variables print lines, too, but not here.
    if "***" not in ours["printed"] and theirs["printed"] != ours["printed"]:
        return "printed %r, ours %r" % (theirs["printed"], ours["printed"])
    return ""


def normal(body):
    """A query becomes an extra with keys in random order."""
    extra = body.get("extra")
    if isinstance(extra, str) and extra.startswith("{"):
        try:
            body = dict(body, extra=json.loads(extra))
        except ValueError:
            pass
    return body


def shrink(text, fails):
    """The shortest text that fails, by taking away lines, then characters."""
    for unit in ("\n", ""):
        parts = text.split(unit) if unit else list(text)
        size = max(1, len(parts) // 2)
        while True:
            i, before = 0, len(parts)
            while i < len(parts):
                shorter = parts[:i] + parts[i + size:]
                if fails(unit.join(shorter)):
                    parts = shorter
                else:
                    i += size
            if size == 1 and len(parts) == before:
                break
            size = max(1, size // 2)
        text = unit.join(parts)
    return text


def fuzz(args):
    """Compares on mutated files; a mismatch is shrunk and printed."""
    loader, ours = build(args.checkout, args.tags[0], args.home), Ours(args.home)
    mutator = Mutator(args.seeds, args.seed)
    found, done = set(), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while done < args.count:
            texts = [mutator.make() for _ in range(min(500, args.count - done))]
            done += len(texts)
            theirs = list(pool.map(lambda t: ask_rest(loader, t, "-strict"), texts))
            for text, t, o in zip(texts, theirs, ours.read(texts)):
                why = differ(t, o)
                if not why:
                    continue
                small = shrink(text, lambda s: bool(differ(ask_rest(loader, s, "-strict"), ours.read([s])[0])))
                if small in found:
                    continue
                found.add(small)
                print(json.dumps({"input": small, "why": differ(ask_rest(loader, small, "-strict"), ours.read([small])[0])}), flush=True)
            print("%d compared, %d mismatches" % (done, len(found)), file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["record", "fuzz"])
    parser.add_argument("tags", nargs="+", help="releases of the Astro CLI: v1.33.2")
    parser.add_argument("--checkout", required=True, help="a clone of astronomer/astro-cli")
    parser.add_argument("--home", default=os.path.join(tempfile.gettempdir(), "astro-oracle"), help="where releases are built")
    parser.add_argument("--venvs", help="folder of environments named by the Airflow in them")
    parser.add_argument("--airflow", nargs="*", default=["2.11.2"], help="releases of Airflow")
    parser.add_argument("-o", "--output", default=os.path.join(ROOT, "testdata", "vectors", "astro-shell.json"))
    parser.add_argument("--seeds", nargs="*", default=[os.path.join(ROOT, "testdata", "vectors", "astro-settings.json")], help="files, folders or vectors to begin with")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.home, exist_ok=True)
    {"record": record, "fuzz": fuzz}[args.command](args)


main()
