"""Settings files that are nearly those that people write."""

import json
import os
import random
import re

SCALARS = [
    "", "~", "null", "true", "yes", "off", "012", "0o17", "0x1F", "0b11", "1_000", "1e5", "1.50", "5.", ".5", ".inf", ".nan", "-0", "+5", "12345678901234567890",
    "99999999999999999999", "2024-01-01", "2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43Z", "1:30", "'x'", '"x"', '"a\\nb"', '"\\u00e9"', "x y", "x #y", "#x", "x: y", "{}", "[]", "[a, b]",
    "{a: 1}", "{A: {B: 1}}", "{1: a, true: b, ~: c}", "{a: .nan}", "{a: 2024-01-01}", "|\n        x\n", ">-\n        x\n        y\n", "!!str 5", "!!int '5'", "!!float 5", "!!binary aGk=", "!!bool yes",
    "&x v", "*x", "*y", "<<", "=", "!x v", "'{\"A\": 1}'", "'[1]'", "notjson", "http://l:p@h:1/s?a=b&a=c", "dbt-cloud://1:t@h", "dbt_cloud://1:t@h", "http://h:x", "http://h/%zz", "//h", "postgresql://l@h",
    "'http://[::1]:5/x'", "'http://h?a=%ff;b'", "s3://k:%C3%A9@/b", "!!timestamp 2024-01-01", "!!null x", "- a", "? a", "? {a: b}\n        : c", "'it''s'", "\u00e9", "0.1e1", "1e400", "-1", "65536", "443.7",
]
KEYS = ["conn_id", "conn_type", "conn_host", "conn_login", "conn_password", "conn_schema", "conn_port", "conn_extra", "conn_uri", "CONN_HOST", "Conn_Id", "conn_ID", "conn_extras", "host", "5", "~", "true", "<<",
        "? conn_host", "pool_name", "pool_slot", "pool_description", "variable_name", "variable_value", "connections", "airflow", "pools", "variables", "'conn_host'", "\"conn\\x5fhost\"", "conn_host.x", "airflow.connections"]
LINE = re.compile(r"^(\s*(?:- )?)([^:#\s][^:\n]*?)(:)([ \t].*|)$")


class Mutator:
    def __init__(self, seeds, seed):
        self.random = random.Random(seed)
        self.seeds = []
        for path in seeds:
            self.add(path)

    def add(self, path):
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                self.add(os.path.join(path, name))
        elif path.endswith(".json"):
            with open(path) as f:
                data = json.load(f)
            self.seeds += [c["input"] for c in (data if isinstance(data, list) else data["cases"]) if len(c["input"]) < 20000]
        elif path.endswith((".yaml", ".yml")):
            with open(path, encoding="utf-8", errors="replace", newline="") as f:
                text = f.read()
            if len(text) < 20000:
                self.seeds.append(text)

    def make(self):
        text = self.random.choice(self.seeds)
        for _ in range(self.random.choice([1, 1, 2, 2, 3, 5])):
            text = self.mutate(text)
        return text

    def mutate(self, text):
        r = self.random
        lines = text.split("\n")
        i = r.randrange(len(lines))
        m = LINE.match(lines[i])
        kind = r.randrange(12)
        if kind < 4 and m:
            lines[i] = m.group(1) + m.group(2) + ": " + r.choice(SCALARS)
        elif kind < 6 and m:
            lines[i] = m.group(1) + r.choice(KEYS) + ":" + m.group(4)
        elif kind == 6:
            lines.insert(r.randrange(len(lines) + 1), lines[i])
        elif kind == 7:
            del lines[i]
        elif kind == 8 and m:
            indent = re.match(r"\s*", lines[i].replace("- ", "  ")).group(0)
            lines.insert(i + 1, indent + r.choice(KEYS) + ": " + r.choice(SCALARS))
        elif kind == 9:
            lines[i] = r.choice(["  ", " ", ""]) + lines[i] if r.random() < 0.5 else lines[i][1:]
        elif kind == 10:
            other = r.choice(self.seeds).split("\n")
            j = r.randrange(len(other))
            lines[i:i + r.randrange(3)] = other[j:j + r.randrange(1, 6)]
        else:
            at = r.randrange(len(text) + 1)
            piece = r.choice(["'", '"', "#", ":", "-", "{", "}", "[", "]", ",", "&a ", "*a", "!", "|", ">", "%", "@", "`", "\t", "\r", "\n", " ", "---\n", "...\n", "\ufeff", "\u2028", "\u0085", "x", "0", "<<: *x\n", "? ", "~"])
            return text[:at] + piece + text[at + r.randrange(2):]
        return "\n".join(lines)
