"""Asks the hook of an environment about random connections and keeps the answers.

    python3 fuzz.py ENVIRONMENT --cases 3000 --seed 1 -o ../../../testdata/vectors/dbt-hook-new.json
    go test ./internal/dbtcloud -run TestHookVectors

The test reads all testdata/vectors/dbt-hook*.json. The pieces are those at which the
hook and its clients part.
"""

import argparse
import json
import pathlib
import random
import subprocess

HOSTS = ["ab123.us1.dbt.com", "cloud.getdbt.com", "emea.dbt.com", "dbt.corp.example"]
HOST_PIECES = HOSTS + [
    "https://", "http://", "HTTPS://", "//", "/", "/api/v2", "?", "?x=1", "#", "#f", "@", "u:p@", ":", "443", ":443", ":8443", ":0", ":65536", ":abc", " ", "\t", "\n", "\r",
    "\u00a0", "\u200b", "ü", "ß", "Ü.de", "é", "\u0130", "\u212a", "\u3002", "\uff0e", "１２", "🙂", "\x01", "\x7f", "\x80", "xn--bcher-kva.example", "xn--", "[::1]", "[", "]", "::1",
    "127.0.0.1", "%41", "%2f", "%zz", "%", "..", ".", "_", "-", "a" * 64, "a" * 250, "\\", "'", '"', "{", "}", "<", ">", "^", "|", "`", "*", "+", "~", "!", "$", "&", "(", ")", ",", ";", "=",
]
LOGINS = ["12345", "0", "7040310391603", "_", " ", "+", "-", "٣", "1e3", "1.0", "0x1F", "\n", "²", "𝟏", "\t", "\u00a0", "\u200b", "x", "#", ",", "00", "9" * 25, "\x1f", "\x85"]
TOKENS = ["dbtc_EXAMPLEexample", "Token ", "Bearer ", "\n", "\r", "\r\n", " ", "\t", "é", "Ā", "€", "🙂", "\x01", "\x1f", "\x7f", "\x80", "\u00a0", "'", '"', "\\", "\u2028"]
PROXIES = [
    "http://proxy.corp.example:3128", "https://p:1", "http://u:p@p:1", "proxy:1", "proxy", "proxy.corp.example:3128", "http://", "http://p:abc", "http://p:99999", "http://[::1]:1", "http://[::1",
    "http://p p", "socks5://p:1", "", None, 1, 0, True, False, [], ["a"], {}, {"a": "b"}, "http://ü.de", " http://p:1", "http://p:1 ", "HTTP://P:1", "ftp://p", "http://:1", "http://u@p:1", "http://" + "a" * 64,
]
ODD = ["", None, 12, 1.5, True, False, 0, [], {}]
SCHEMAS = ["", "https", "my-tenant", "ab.c", "cloud.getdbt.com", None, "a b", "ü", "x/y"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, pieces, most):
        return "".join(self.random.choice(pieces) for _ in range(self.random.randint(1, most)))

    def host(self):
        kind, host = self.random.random(), self.random.choice(HOSTS)
        if kind < 0.1:
            return self.random.choice(ODD)
        if kind < 0.6:
            at = self.random.choice([0, len(host), self.random.randint(0, len(host))])
            return host[:at] + self.text(HOST_PIECES, 2) + host[at:]
        return self.text(HOST_PIECES, 4)

    def proxies(self):
        if self.random.random() < 0.25:
            return self.random.choice(PROXIES)
        keys = self.random.sample(["https", "http", "all", "HTTPS", "no", "https://ab123.us1.dbt.com"], self.random.randint(1, 2))
        return {key: self.random.choice(PROXIES) for key in keys}

    def odd_or(self, pieces):
        return self.random.choice(ODD) if self.random.random() < 0.15 else self.text(pieces, 3)

    def extra(self):
        extra = {"proxies": self.proxies()}
        return extra if self.random.random() < 0.7 else json.dumps(extra)

    def case(self):
        makers = {
            "host": self.host, "login": lambda: self.odd_or(LOGINS), "password": lambda: self.odd_or(TOKENS), "extra": self.extra,
            "schema": lambda: self.random.choice(SCHEMAS), "port": lambda: self.random.choice([443, "443", 0, None]),
        }
        connection = {"conn_type": "dbt_cloud", "host": "ab123.us1.dbt.com", "login": "12345", "password": "dbtc_EXAMPLEexampleEXAMPLE"}
        for field in self.random.sample(sorted(makers), self.random.choice([1, 1, 1, 2, 3])):
            connection[field] = makers[field]()
        call = self.random.choice(["list_jobs", "list_jobs", "test_connection", "async_get_job_status", "async_get_job_status"])
        return {"call": call, "connection": connection}


# What the network says, which the model leaves to it, in the way of what it does not.
NETWORK = ("502", "HTTPSConnectionPool", "Connect call failed", "'idna' codec", "Missing dependencies for SOCKS")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", type=pathlib.Path)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    args = parser.parse_args()
    python = args.environment / "bin" / "python"
    packages = {"airflow": "apache-airflow", "provider": "apache-airflow-providers-dbt-cloud", "http_provider": "apache-airflow-providers-http"}
    ask = "import importlib.metadata, sys; print(*map(importlib.metadata.version, sys.argv[1:]))"
    versions = subprocess.run([python, "-c", ask, *packages.values()], capture_output=True, text=True, check=True).stdout.split()
    of = {key: [version] for key, version in zip(packages, versions)}
    hook = subprocess.Popen([python, pathlib.Path(__file__).with_name("hook.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    make, cases = Maker(args.seed), []
    for i in range(args.cases):
        case = make.case()
        print(json.dumps(case), file=hook.stdin, flush=True)
        line = next(line for line in hook.stdout if line.startswith("answer:"))
        expected = json.loads(line.removeprefix("answer:"))
        if not any(word in json.dumps(expected.get("error") or expected.get("result")) for word in NETWORK):
            cases.append({"name": f"fuzz/{args.seed}/{i}", **case, **of, "expected": expected})
    hook.stdin.close()
    about = {"what": "What the real hook did with random connections, recorded by internal/dbtcloud/oracle. All tokens are invented.", "how": "See dbt-hook.json."}
    lines = ",\n".join(json.dumps(case) for case in cases)
    args.output.write_text('{"about": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(about), lines), encoding="utf-8")
    print(f"{len(cases)} cases with provider {versions[1]} in {args.output}")


main()
