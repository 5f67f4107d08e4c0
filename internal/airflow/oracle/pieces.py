"""Random entries, made of the pieces at which readers of connections part."""

import json
import random

TYPES = ["dbt_cloud", "dbt-cloud", "DBT_Cloud", "postgres", "postgresql", "pg", "http", "aws", "google-cloud-platform", "google_cloud_platform", "a.b", "a+b", "1x", "-x", "", " ", "é", "spark"]
HOSTS = ["h", "cloud.getdbt.com", "ab123.us1.dbt.com", "H.", "h:443", "https://h", "https%3A%2F%2Fh", "[::1]", "[x]", "[v1.a]", "::1", "[::1", "::1]", "", "h/x", "h%2Fx", "é", "%C3%A9", "%ff", "a b", "h@h", "10.0.0.1", "<host>", "${H}", "＠h", "h\uff0fx", "a,b", "a,b:1", "%2Frun%2Fs", "[fe80::1%25eth0]", "[1.2.3.4]", "[::1]x", "x[::1]"]
LOGINS = ["12345", "012345", "0x1F", "1_000", "me", "a@b", "a%40b", "", " ", "é", "%", "%zz", "%4", "u:v", "+1", "a+b", "%2B", "%00", "\t", "a%0Ab"]
PASSWORDS = ["tok", "dbtc_EXAMPLEexampleEXAMPLE0123456789", "p@w", "p/w", "p?w", "p#w", "p%40w", "p:w", "", "%E9", "%C3%A9", "Token tok", " tok", "tok ", "[tok", "tok]", "a%20b", "$x", "\\", "'", '"']
PORTS = ["", "443", "0443", "-1", "65535", "65536", "x", "+1", " 1", "1_0", "٣", "0", "99999999999999999999", "4 43", "¹", "443 ", "1.0"]
PATHS = ["", "/", "//", "/s", "/a/b", "/a%2Fb", "/s;p", "/é", "/%E9", "/ ", "/:x", "/a:b@c"]
QUERIES = ["", "a=1", "a=b&a=c", "a", "a=", "=b", "&", "a=1&b=true&c=null", "a=1.0", "a=%7B%22b%22%3A1%7D", "a=[1,2]", "a=%22x%22", "a=+1", "a=a+b", "a=%zz", "a;b=1", "a=1;b=2",
           "__extra__=%7B%22a%22%3A+1%7D", "__extra__=foo", "__extra__=", "__extra__=%5B1%5D", "__extra__=%7B%7D&a=1", "a=NaN", "a=Infinity", "a=-0", "a=1e3", "a=01", "a=%C3%A9", "a=%ff", "é=ü", "a=x=y", "a=%00",
           "extra__dbt_cloud__x=1", "a=True", "a=nul", "a=%20%31", "a=1%0A", "a=99999999999999999999999", "a=1E400", "a=%22%5Cud800%22", "a=-", "a=--1", "a=1_0", "a={", "a=\"", "a.b=1", "a[]=1"]
FRAGMENTS = ["", "", "", "", "#", "#f", "#a?b=c", "#/x", "%23"]
SPLICES = ["://", ":", "/", "?", "#", "@", "%", "%2", "%zz", "&", "=", ";", "+", " ", "\t", "\n", "\r", "[", "]", "\\", "'", '"', "\u00a0", "é", "\u2028", "\ufeff", "\u0130", "ſ", "K", "ﬁ", "＃", "？", "／", "：", "ａ", ".", "..", "-", "_", "0", "{", "}", "<", ">", "|", "^", "`", "\x0b", "\x0c", "\x1c", "\x7f", "\x85"]

JSON_VALUES = ['"h"', '"12345"', "12345", "012345", "1.0", "1e3", "1E+2", "-0", "-0.0", "true", "false", "null", "NaN", "Infinity", "-Infinity", '""', '" "', "[]", "{}", '["a"]', '[["a"]]', '{"a": 1}', '{"a": {"b": [1, 2.0]}}', '"{\\"a\\": 1}"', '"{}"', '"[1]"', '"foo"',
               '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\n"', '"a\\u0000b"', '"\\/"', '"é"', "99999999999999999999", "1e400", "-1e400", "1.7976931348623157e308", "5e-324", "0.1", "1.10", "100000000000000000000.0", "123456789012345680.0", "1e16", "1e-5", "0.0001", "65536", "-1", '"443"', '" 443 "', '"4_4_3"', '"٣"', '"443.0"', '"0x1F"', "'x'", "True", "None", "+1", "1.", ".5", "01", '"a\tb"', '"***"', '"gAAAAAB"', '"1"', '"NaN"', '"null"', '"\\"x\\""', '{"a": NaN}', '{"1": 2, "a": 3, "a": 4}', '"{\\"a\\": NaN}"', '"{\\"a\\": 1, \\"a\\": 2}"', '"{\\"a\\": 1.0, \\"b\\": 1e3}"', '"pg://h"']
KEYS = ["conn_type", "host", "login", "password", "schema", "port", "extra", "description"]
ODD_KEYS = ["conn_id", "uri", "extra_dejson", "team_name", "id", "user", "account_id", "Host", "conn-type", "", "é", "is_encrypted", "metadata", "self", "__class__"]
IDS = ["x", "y", "dbt_cloud_default", "a", "a b", "a.b", "a-b", "é", "A", "1", "", " ", "a/b", "AIRFLOW_CONN_X", "a\\nb", "x" * 201, "x" * 251, "a..b", "a#b", "名", "a:b", "_team___x", "$x", "a\\n", "a@b", "(a)", "\\ud800"]

YAML_SCALARS = ["h", "https://h", "12345", "012345", "0o17", "0x1F", "0b11", "1_000", "1:30", "1:30:30", "1:30.5", "190:20:30", "-1:30", "1.0", "1.10", "1e3", "1.0e3", "1.e+3", ".5", "-.5", "+1", "-1", "0", "00", "08", "09", "0_1", "-012", "+0x1f", "._", "1._0", ".inf", "-.INF", ".NaN", ".nan", "yes", "no", "on", "Off", "TRUE", "y", "n", "Null", "~", "null", "", "NULL", "2001-12-14", "2001-1-1", "2001-13-01", "2001-02-30", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43", "2001-12-15 2:59:43.10 Z", "2001-12-14 21:59:43 +1", "'x'", "'it''s'", '"q"', '"a\\nb"', '"\\x41"', '"\\u00e9"', '"\\ud800"', '"\\/"', '"\\N"', '"\\_"', '"\\e"', '"\\ \\t"', "'12345'", '"443"', "443", "0443", "a b", "a # c", "a #b", "a: b", "a:b", "- a", "[a]", "[a, b]", "{}", "[]", "{a: 1}", "{a: yes, b: 012}", "{a: {b: off}}", "{1: 2}", "{~: 1}", "{2001-12-14: 1}", "[{a: b}]", "'{\"a\": 1}'", "|\n    tok", "|-\n    tok", "|+\n    tok\n", ">-\n    a\n    b", "|2\n      x", "|\n    {\"a\": 1}", "!!str 123", "!!int '12'", "!!float 1", "!!bool 'yes'", "!!binary aGk=", "!!null ''", "!x y", "! 12", "!!python/tuple [a, b]", "!!set {a, b}", "!!set {a: , b: }", "!!omap [a: 1]", "!!timestamp 2001-12-14", "!!str", "&b v", "*d", "*u", "<<", "=", "%x", "@x", "`x", "?x", "-x", ":x", "x:", "#x", "p#w", "p@w", "***", "<t>", "{{ x }}", "${X}", "{{x}}", "|", ">", "é", "\u00a0", "a\u2028b", "\ufeffx", "'a\n\n    b'", '"a\\\n    b"', "a\n    b", "a\n\n    b", "1e+3", "1E3", "12e03", "685_230.15", "6.8523015e+5", "0.", "1.5", "+.inf", "- 1", "_", "__1", "1__0", "0x_1", "0b", "0x", "-0", "9223372036854775808", "123456789012345678901234567890", "1:60", "60:1", "0:0", "1:1_0", "1e400", "!<tag:yaml.org,2002:str> 1", "!!str [a]", "!!map {a: 1}", "!!seq [a]", "!!merge <<", "{<<: *d}", "{<<: [*d, *d]}", "{? a : b}", "{a, b}", "[a: 1]", "[? a]", "{\"a\":1}", "{a:1}", "[a,b]", "[,]", "[a,]", "{a: 1,}", "\"a\" b", "'a'b", "[a]b", "a]", "a}", "a, b"]
YAML_KEYS = ["x", "y", "dbt_cloud_default", "'x'", '"y"', "my-conn", "a b", "1", "0x1", "012", "yes", "~", "null", "1.0", "1.5", "2001-12-14", "café", "a.b", "? x\n", "!!str 1", "[a, b]", "{a: 1}", "&k x", "conn: 1", "a\\nb", "''", ".nan", "true", "!!binary aGk=", "2001-12-14 21:59:43", "<<", "=", "x # c", "*d", "x" * 201, "x" * 1025, "9" * 30]
YAML_NOTES = ["", "", "", "", "  # note", " #", "\t# tab", "#not", " ", "\t"]
HEADS = ["", "", "", "", "---\n", "# c\n", "%YAML 1.1\n---\n", "%YAML 1.2\n---\n", "%TAG !e! tag:e,2000:\n---\n", "\ufeff", "\n\n", "--- # x\n", "---\n---\n", "...\n", "--- !!map\n", "%X y\n---\n"]
TAILS = ["", "", "", "", "\n", "...\n", "---\n", "---\nz: 1\n", "# end", "\n\n  \n", "...\nx: 1\n", "\t\n"]

ENV_KEYS = ["X", "Y", "x", "dbt_cloud_default", "AIRFLOW_CONN_X", "export X", "a b", "", "é", "A.B", "x ", " x", "X", "a#b", "'x'", '"x"', "#x", "a..b", "x" * 201]
ENV_SEPARATORS = ["=", "=", "=", "=", " = ", "= ", " =", "==", ":", "", "\t=", "=\u3000"]
ENV_LINES = ["", " ", "# c", "  # c", "#", "\u3000# c", "\t#x=1", "novalue", "=", "=x", "x=", "\x0c", "\x1c", "\x0b# c", "\ufeff# c", "\x85"]
LINE_ENDS = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\x0b", "\x0c", "\u2028", "\x85", "\x1c", "\n\n"]


class Maker:
    """Makes cases; the same seed makes the same ones."""

    def __init__(self, seed, samples):
        self.r = random.Random(seed)
        self.samples = samples  # inputs that are known already, by kind

    def case(self, kind):
        r = self.r
        if self.samples.get(kind) and r.random() < 0.35:
            text = r.choice(self.samples[kind])
            for _ in range(r.randint(1, 3)):
                text = self.mutated(text, kind)
        else:
            text = getattr(self, kind)()
            if r.random() < 0.2:
                text = self.mutated(text, kind)
        if kind == "env":
            text = text.replace("\0", "")  # cannot be in an environment
        return {"kind": kind, "input": text}

    def mutated(self, text, kind):
        """One small accident."""
        r = self.r
        at = r.randint(0, len(text))
        accident = r.randrange(7)
        if accident == 0:
            return text[:at] + r.choice(SPLICES) + text[at:]
        if accident == 1 and text:
            return text[:at] + text[at + r.randint(1, 3):]
        if accident == 2:
            until = r.randint(at, min(len(text), at + 12))
            return text[:until] + text[at:until] + text[until:]
        if accident == 3 and text:
            i = min(at, len(text) - 1)
            return text[:i] + r.choice(SPLICES) + text[i + 1:]
        if accident == 4 and self.samples.get(kind):
            lines, other = text.split("\n"), r.choice(self.samples[kind]).split("\n")
            i = r.randint(0, len(lines))
            return "\n".join(lines[:i] + r.sample(other, min(len(other), r.randint(1, 2))) + lines[i:])
        if accident == 5:
            lines = text.split("\n")
            del lines[r.randrange(len(lines))]
            return "\n".join(lines)
        return text[:at] + r.choice(YAML_SCALARS if kind == "yaml_file" else JSON_VALUES if kind == "json_file" else HOSTS) + text[at:]

    def env(self):
        if self.r.random() < 0.35:
            space = self.r.choice(["", "", "", "", " ", "\n", "\t", "\ufeff", "\u00a0", "\x1c"])
            return space + self.object() + self.r.choice(["", "", "", " ", "\n", "x", "}"])
        return self.uri()

    def uri(self):
        r = self.r
        scheme = r.choice(TYPES) + r.choice(["://", "://", "://", "://", "://", ":", ":/", "", ":///", "//"])
        user = r.choice(["", "", "{}@", "{}:{}@", "{}:{}@", "{}:{}@", ":{}@", "@", ":@"])
        while "{}" in user:
            user = user.replace("{}", r.choice(LOGINS if user.index("{}") == 0 else PASSWORDS), 1)
        port = r.choice(PORTS) if r.random() < 0.4 else ""
        query = "&".join(r.choice(QUERIES) for _ in range(r.choice([0, 0, 1, 1, 2])))
        return (scheme + user + r.choice(HOSTS) + (":" + port if port or r.random() < 0.05 else "") + r.choice(PATHS)
                + ("?" + query if query or r.random() < 0.05 else "") + r.choice(FRAGMENTS))

    def object(self):
        """A connection as a JSON object."""
        r = self.r
        keys = r.sample(KEYS, r.randint(0, 6))
        if r.random() < 0.8 and "conn_type" not in keys:
            keys.insert(0, "conn_type")
        if r.random() < 0.12:
            keys.append(r.choice(ODD_KEYS))
        if r.random() < 0.08 and keys:
            keys.append(r.choice(keys))
        r.shuffle(keys)
        return "{" + ", ".join(f"{json.dumps(k)}: {self.json_field(k)}" for k in keys) + "}"

    def json_field(self, key):
        r = self.r
        if r.random() < 0.45:
            return r.choice(JSON_VALUES)
        plain = {"conn_type": TYPES, "host": HOSTS, "login": LOGINS, "password": PASSWORDS, "port": PORTS, "extra": QUERIES}.get(key, HOSTS)
        if key == "port" and r.random() < 0.5:
            return r.choice(["443", "0", "80", "null"])
        if key in ("extra", "extra_dejson") and r.random() < 0.7:
            return r.choice(['{"a": 1}', '"{\\"a\\": 1}"', '"{}"', "null", '""', '{"proxies": {"https": "http://p:1"}}', '"{\\"a\\": \\"\\u00e9\\"}"', '{"a": "\\u00e9", "b": 1.0, "c": [true, null]}'])
        return json.dumps(r.choice(plain), ensure_ascii=r.random() < 0.5)

    def json_file(self):
        r = self.r
        parts = []
        for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3])):
            form = r.random()
            if form < 0.6:
                value = self.object()
            elif form < 0.75:
                value = json.dumps(self.uri())
            elif form < 0.85:
                value = "[" + ", ".join(r.choice([self.object, lambda: json.dumps(self.uri())])() for _ in range(r.choice([0, 1, 1, 2]))) + "]"
            else:
                value = r.choice(JSON_VALUES)
            parts.append(f'"{r.choice(IDS)}": {value}')
        space = r.choice(["", " ", "\n", "\t", "\r\n"])
        head, tail = r.choice(["", "", "", "", "", "", "\ufeff", "// c\n", "[", "\x0c"]), r.choice(["", "", "", "", "\n", ",", "}", " x", "\0"])
        return head + "{" + space + ("," + space).join(parts) + space + "}" + tail

    def scalar(self, key):
        r = self.r
        if r.random() < 0.6:
            return r.choice(YAML_SCALARS)
        value = r.choice({"conn_type": TYPES, "host": HOSTS, "login": LOGINS, "password": PASSWORDS, "port": PORTS}.get(key, HOSTS))
        return r.choice([value, f"'{value}'", json.dumps(value)])

    def yaml_file(self):
        r = self.r
        out = [r.choice(HEADS)]
        if r.random() < 0.25:
            out.append("base: &d\n  conn_type: dbt_cloud\n  host: " + self.scalar("host") + "\n")
        for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3])):
            name, form = r.choice(YAML_KEYS), r.random()
            if form < 0.12:
                out.append(f"{name}: {self.scalar('uri') if r.random() < 0.5 else self.uri()}{r.choice(YAML_NOTES)}\n")
                continue
            if form < 0.2:
                out.append(f"{name}:\n  - {self.uri()}\n")
                continue
            keys = r.sample(KEYS, r.randint(0, 5))
            if r.random() < 0.8 and "conn_type" not in keys:
                keys.append("conn_type")
            if r.random() < 0.15:
                keys.append(r.choice(ODD_KEYS))
            fields = [(k, self.scalar(k) if r.random() < 0.5 or k not in KEYS else self.plain(k)) for k in keys]
            if r.random() < 0.15:
                fields.insert(0, ("<<", r.choice(["*d", "*d", "[*d]", "{host: h}", "x", "*u"])))
            if form < 0.35:
                inner = ", ".join(f"{k}: {v}" for k, v in fields)
                out.append(f"{name}: {{{inner}}}\n")
                continue
            indent = r.choice(["  ", "  ", "  ", "    ", " ", "\t"])
            out.append(f"{name}:{r.choice(YAML_NOTES)}\n")
            for k, v in fields:
                out.append(f"{indent}{k}{r.choice([': ', ': ', ': ', ':', ' : ', ':  '])}{v}{r.choice(YAML_NOTES)}\n")
        out.append(r.choice(TAILS))
        text = "".join(out)
        if r.random() < 0.05:
            text = text.replace("\n", r.choice(["\r\n", "\r", "\u2028", "\x85"]))
        return text

    def plain(self, key):
        return self.r.choice({
            "conn_type": ["dbt_cloud", "http", "'dbt_cloud'"], "host": ["h", "cloud.getdbt.com", "'h'"], "login": ["'12345'", "me"], "password": ["tok", '"p#w"'],
            "schema": ["s", "'a/b'"], "port": ["443", "~", "'443'"], "extra": ["{a: 1}", "'{\"a\": 1}'", "~", "\n    a: b\n    c: [1, 2.5, yes]"], "description": ["d", "two words"]}[key])

    def env_file(self):
        r = self.r
        out = []
        for _ in range(r.choice([0, 1, 1, 2, 2, 3])):
            if r.random() < 0.15:
                line = r.choice(ENV_LINES)
            else:
                value = self.uri() if r.random() < 0.75 else self.object() if r.random() < 0.4 else r.choice(HOSTS)
                line = r.choice(ENV_KEYS) + r.choice(ENV_SEPARATORS) + r.choice(["{}", "{}", "{}", "{}", '"{}"', "'{}'", "{} # c", " {} "]).replace("{}", value)
            out.append(line + r.choice(LINE_ENDS))
        text = "".join(out)
        return text if r.random() < 0.7 else text.rstrip("\n")
