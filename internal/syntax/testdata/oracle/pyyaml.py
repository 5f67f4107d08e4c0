"""Records what PyYAML's CSafeLoader makes of scalars and documents.

Run by hand with PyYAML 6.0.3 (libyaml 0.2.5):  python pyyaml.py > pyyaml.json
"""
import base64
import datetime
import itertools
import json
import math
import sys

import yaml

SCALARS = """
yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE y n Y N yEs tRUE oN nO Off. t f
null Null NULL ~ nULL none None nil ~~ ~x
0 00 000 01 012 0123 0777 08 09 0089 0o14 0o17 -0o7 0O14 -012 +012 -0 +0 0_ 0__ 0_7 0_8 00_
1 12 +1 -1 - -- + ++1 1_ 1_000 1__0 _1 1_000_ -1_0 9223372036854775807 9223372036854775808 18446744073709551616
123456789012345678901234567890 -123456789012345678901234567890 1a a1 1- 1+1 1,5
0x 0x0 0x1F 0x1f 0X1F 0x_ 0x_1 0xG -0x1 +0xff 0xFFFFFFFFFFFFFFFFFF 0b 0b0 0b11 0b_ 0b2 -0b11 0B11 0b1_0 0x1_0
1:30 22:22 190:20:30 1:60 01:30 0:30 -1:30 +1:30 1:5 1:05 1:2:3:4 1: 1:x :1 1:30.5 1:60.5 20:30:45.15 20:30:45. 20:30:45._
1_0:30 1:3_0 1:30:60 1:59:59 12:30:45 12:30:45.5 0:0 00:30 1:30e1 1:2.5e+1
1.0 1. .5 0. 0.0 -0.0 +0.0 .0 . .. ... .e .5. 1..5 1.5.2 1.2.3 127.0.0.1 -.5 +.5 -1.5 +1.5 1_0.5 1.5_0 1._5 ._5 _1.5
1e3 1E3 1e+3 1e-3 1.0e3 1.0e+3 1.0E-3 1.e3 1.e+3 .5e1 .5e+1 -.5e+1 1.5e+ 1.5e 1.5e+x 12e5 1.5e+1_0 6.8523015e+5 685.230_15e+03 685_230.15
1e400 1.0e+400 -1.0e+400 1.7976931348623157e+308 4.9e-324 1.0e-400
.inf .Inf .INF -.inf +.inf .iNF inf -inf .nan .NaN .NAN -.nan .Nan nan NaN Infinity -Infinity
2001-12-14 2001-1-1 2001-01-1 2001-1-01 2001-12-1 2024-01-01 0001-01-01 9999-12-31 0000-01-01 99999-01-01 2001-13-40 2001-02-30 2001-00-10 2001-10-00
2000-02-29 1900-02-29 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z 2001-12-14T21:59:43.1234567Z 2001-12-14T1:59:43 2001-12-14T21:59
2001-12-14T25:59:43 2001-12-14T21:60:43 2001-12-14T21:59:60 2001-12-14T21:59:43+25:00 2001-12-14T21:59:43+5 2001-12-14T21:59:43-5:30
2001-12-14T21:59:43.Z 2001-12-14T21:59:43z 2001-12-14T21:59:43+24:00 2001-12-14T21:59:43+23:59 2001-1-1T1:02:03 20011214 2001-12-14x 2001-12
= == =x << <<x x<< < > <- ab - -x -1x ?x x? a:b a::b http://h/p?q#f a#b a#b#c x=y ${X} $X %x x% x@y a,b a[b] a]b a{b} a"b a'b
é 日本 😀 ￿x a\u0085b \u2028 a\u2028b a\u00a0b \ufeffx x\ufeff \u0661 \u0663\u0664
abc dbtc_EXAMPLEabc a-b a_b A.B.C *x & &x ! !x !!x |x >x @x `x` 'x' "x"
""".split()
SCALARS += [
    "", "2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43", "2001-12-14  21:59:43", "2001-12-14\t21:59:43", "2001-12-14 21:59:43 Z",
    "2001-12-14 21:59:43 +05:30", "2001-12-14 21:59:43.10-5", "two words", "a b  c", "a #b", "#b", "a: b", "a :b", "- a", "? a", ": a",
    "a\tb", "a \tb", "a\t#b", "x  ", "'it''s'", '"a\\nb"', '"\\x41\\u00e9\\U0001F600"', '"\\/"', '"\\\'"', '"\\d"', '"\\ud83d\\ude00"', '"\\',
    '"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\\\\\N\\_\\L\\P"', '"\\\t"', '"\\x4"', '"\\u00g0"', '"\\U00110000"', '"\\uD800"', "'a", '"a', '"a" b', "'a' b",
    "[a, b]", "[a", "{a: b}", "{a", "{a}", "{{ x }}", "[]", "{}", "[a,]", "{a: b,}", "[,a]", "[a,,b]", "%", "@", "`", "****", "* x",
]
TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!set", "!!omap", "!!pairs", "!!seq", "!!map", "!",
        "!!merge", "!!value", "!x", "!!python/none", "!<tag:yaml.org,2002:int>", "!<!>"]
TAGGED = ["12", '"12"', "0o17", "0b1", '""', "", "x", "yes", "maybe", "1.5", "1e3", "infinity", "1:30", "1_0", '" 12 "', "'-'", "aGk=", "aGk",
          "a", "YQ==YQ==", "2001-1-1", "2001-12-14", "2001-02-30", "abc def", "[a, b]", "[a: 1, b: 2]", "[a: 1, a: 2]", "[{a: 1, b: 2}]",
          "{a, b}", "{a: 1}", "<<", "=", "null", "|\n  12", ">\n  yes"]

DOCUMENTS = [
    # empty and nearly empty
    "", "\n", "# c", "# c\n\n", "---", "---\n", "--- # c\n", "...", "---\n...", "---\n---\n", "\ufeff", "\ufeffa: 1", "\ufeff# c\na: 1", "a: 1\n\ufeffb: 2",
    "a: \ufeff1", "a: 1\n...\n", "a: 1\n...\n...\n# c\n", "a: 1\n---\nb: 2", "a: 1\n---\n@", "a: 1\n...\n@", "a: 1\n... b", "--- a\n--- b\n--- c", "--- |\n a\n--- >\n b\n",
    "%YAML 1.1\n---\na: 1", "%YAML 1.2\n---\na: 010", "%YAML 1.3\n--- a", "%YAML 2.0\n--- a", "%YAML 1\n--- a", "%YAML x\n--- a", "%YAML 1.1 x\n--- a", "%YAML 1.1",
    "%YAML 1.1\n%YAML 1.1\n--- a", "%TAG !e! tag:yaml.org,2002:\n---\n!e!str 12", "%TAG ! tag:yaml.org,2002:\n---\n!str 12", "%TAG !e! x\n%TAG !e! y\n--- a", "%TAG e x\n--- a",
    "%TAG !e x\n--- a", "%TAG !e!\n--- a", "%FOO x\n--- a", "% \n--- a", "%a.b\n--- a", "--- a\n%YAML 1.1\n---", "%YAML 1.1 # c\n--- # d\na: 1 # e",
    # block collections
    "a: 1", "a: 1\nb: 2\n", "a:\n  b:\n    c: 1\n", "a:\n- 1\n- 2\nb: 3", "a:\n  - 1\n  - b: 2\n    c: 3\n", "- - 1\n  - 2\n- 3", "- a\nb: c", "- a\n - b", "- a\n  - b", "a: b\n c: d",
    "a:\n  b: 1\n c: 2", "a:\n   b: 1\n  c: 2\n", "a: 1\n  b: 2\n", " a: 1\nb: 2", "a: 1\n b\n", "a\nb: 1", "a:\nb:\n", "a: \n\nb: \n", "- \n- \n", "-\n- a", "?\n", "? a", "? a\n: b", "? a\n? b\n",
    "? - a\n: - b", ": a", "?\n: a", "? a\nb: c", "- a: 1\n  b: 2\n- a: 3", "- a: 1\n b: 2", "a: - b", "a: - b\n", "- - - a", "- ? a", "a: ? b", "a: b: c", "x: y: z\n", "a: 'b': c",
    "a: \"b\" c", "a: 'b' c", "a:b", "a:b\nc: d", "a : b", "a: 1\na: 2", "1: a\ntrue: b\n1.0: c", "10: a\n0xA: b", "~: a\nnull: b", "yes: a\non: b", "a:\n\tb: c", "\ta: b", "a:\tb", "-\ta", "?\ta",
    "a: b\n\tc", "a: b\n\tc: d", "- a\n\t- b", "a: b\t# c", "a: b\t#c", "a:  \tb", "a: |\n\tx", "a:\n  - b\n  -c\n", "a:\n  -b\n", "-a\n-b", "a: b\n-c", "a: @x", "a: `x", "a: %x", "%x: a", "a: !x", "a: |x",
    "a: >x", "a: &x", "a: *x", "a: &x 1\nb: *x", "a: &x 1\nb: &x 2", "&a x: &a y", "a: & x", "a: &x/y z", "a: *x/y", "&a &b x", "&a *b", "!!str !!int x", "&a !!str x", "!!str &a x", "&x\na: 1", "&x a: 1\nb: *x",
    "a: &x\nb: *x", "&a [*a]", "&a {b: *a}", "a: &x [1]\nb: [*x, *x]", "*x : a", "&x a: b\n*x : c", "a: *", "a: &", "!e!x y", "!!tag[ x", "a: !<x y", "a: !<> y", "[!!str, a]", "[!!str]", "{a: !!str, b}", "!!s%74r 12",
    "!!s%7 12", "!!s%ff 12", "!!s%c3%a9 x", "!!s%c3x 1",
    # flow collections
    "[a, b]", "[a, b", "[a\nb]", "[a, b\n", "{a: b", "{a: b\n", "{a: b\nc: d}", "[a b: c]", "[a\nb: c]", "{a\nb: c}", "{a b: c}", "[a: b, c]", "[a: b: c]", "{a: b: c}", "[? a]", "[? a : b]", "[?a]", "[a?b]", "{?a: b}",
    "{? a: b}", "[a, ?]", "[a ?b]", "{a:,}", "{a:}", "{a :b}", "[a:b]", "{a:[b]}", "{\"a\":b}", "{\"a\":?b}", "{'a':1}", "[\"a\":b]", "{a: }", "{: a}", "{:}", "[:]", "[: a]", "[-]", "[- a]", "[a, - b]", "{- a}", "{-: a}",
    "]", "}", "a: ]", "a: }", "[}", "{]", "[a}", "{a]", "[a]]", "{a}}", "a: [b]c", "a: [b] c", "[a]: b", "{a: b}: c", "[[a]: b]", "{[a]: b}", "{{a: b}: c}", "{{ x }}", "a: {{ x }}", "a: {{ x }}/y", "[a, [b, {c: [d]}]]", "[\na,\nb\n]",
    "{\n  a: 1,\n  b: 2\n}", "{\n\t\"a\": 1,\n\t\"b\": [\n\t\t2\n\t]\n}", "[a, # c\nb]", "[a # c\n, b]", "{a: b} # c", "{a: b}\n# c\n", "{a: b} x", "[a,\n---\nb]", "[a\n...\n", "{a: |\n b}", "[> a]", "[|]", "{a: b}\n{c: d}", "[a]\n[b]",
    "{a, b, c}", "{a: [}", "a: [1, 2\nb: 3", "a: {b: 1\nc: 2", "{\"a\": 1,}", "{,}", "[,]", "{a: 1, , b: 2}", "a: [b, c]\nd: {e: f}\n",
    # scalars in documents
    "a\nb\nc", "a: b\n  c\n  d", "a: b\n\n  c\n\n\n  d\n", "a: b\nc", "a: 'b\n  c'", "a: 'b\n\n  c'\n", "a: 'b\nc'", "a: \"b\n  c\"", "a: \"b\\\n  c\"", "a: \"b \\\n   c\"", "a: \"b\\\n\n  c\"", "a: \"b\n\n\n  c \n d\"", "\"a\nb\": c",
    "'a\n---\nb'", "\"a\n...\nb\"", "'a", "\"a", "a: 'b\nc: d\n", "a: \"b\nc: d\n", "a: 'it's'", "a: \"b\"c\"", "'a''b'", "''", "\"\"", "' a '", "\" a \"", "'a\n \n b'", "' \n a'", "'a \n '", "\"\\n \n a\"", "\"a\\", "\"a\\\n", "\"\\x\"", "a: \"\\\"",
    "a: |\n  x\n  y\n", "a: |-\n  x\n  y\n", "a: |+\n  x\n\n\nb: 1", "a: |\n  x\n\n\nb: 1", "a: >\n  x\n  y\n", "a: >-\n  x\n  y\n\n  z\n", "a: >\n  x\n    y\n  z\n", "a: >\n  x\n\n    y\n\n  z\n", "a: >+\n  x\n\n", "a: |2\n   x\n  y\n", "a: |2-\n   x\n",
    "a: |-2\n   x\n", "a: |0\n x", "a: |10\n x", "a: |+-\n x", "a: |  # c\n  x\n", "a: |# c\n  x\n", "a: |", "a: |\n", "a: |\nb: 1", "a: |+\n\n\n", "a: |-\n\n\nb: 1", "|\n x", "|\nx", ">\n x\n y", "- |\n a\n- >\n b\n", "a: |\n    \n  b", "a: |\n \n  b\n",
    "a: |\n    \n   \n    b", "a: |\n  x\n y\n", "a: |\n  x\n\ty\n", "a: |\n   x\n  y\n", "a: >\n\n\n  x\n", "a: >\n  x\n\n\n  y\n \n", "a: |\n  x", "a: |+\n  x", "a: |-\n  x", "a: >\n  x\n  \ty\n  z\n", "a: |\n  x\n  # c\n # d\nb: 1", "a: >1\n  x\n y\n",
    "- |1\n  x\n", "|1\n x", "--- |\n x\n...\n", "? |\n  a\n: |\n  b\n",
    # comments
    "a: 1 # c\n# d\nb: 2", "a: # c\n  1", "a:\n# c\n  b: 1", "a: b#c", "a: 'b'#c", "a: [b]#c", "[a,#c\nb]", "a: b # c\n  d", "a: # c\n# d\n", "- # c\n  a", "- a # c\n# d\n- b",
    # line ends and other characters
    "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a: |\r\n  x\r\n  y\r\n", "a: 'x\r\n  y'", "a: x\r\n  y\r\n", "a: 1\u0085b: 2", "a: 1\u2028b: 2", "a: |\n  x\u2028  y\n", "a: >\n  x\u2028  y\u0085  z\n", "a: 'x\u2028y'", "a: 'x\u2028\u2028y'", "a: 'x\u0085y'", "a: x\u2028  y",
    "a: x\n\u2028  y", "a: \"x\u2029\n y\"", "a: \"x\\\u2028y\"", "\u2028", "é: 1\n日本: 2\n", "é: [ü, {ö: ä}]\n", "a: 😀 # é\nb: @", "é: x: y", "日本: 'a\n", "a: \x7f", "a: \x00b", "a: \x1b", "a: \x80", "a: \ufffe", "@\n\x01", "a: \ue000\ufffd", "a: \x0b", "x" * 1025 + ": 1",
    "x" * 1020 + ": 1", "{" + "x" * 1100 + ": 1}", "? " + "x" * 1100 + "\n: 1", "\"" + "é" * 1010 + "\": 1", "[" + "a, " * 400 + "]: b", "'" + "x" * 1100 + "': 1",
    # merges
    "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b], w: 4}", "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}", "a: {<<: {x: 1}}", "a: {<<: [{x: 1}, {y: 2}]}", "a: {<<: a}", "a: {<<: [a]}", "a: {<<: [[a]]}", "a: {<<: ~}",
    "a: {<<: []}", "&a {<<: *a, b: 1}", "a: &a {b: {<<: *a}}", "a: {b: 1, <<: {b: 2}}", "a: {<<: {b: 1}, <<: {b: 2}}", "a: {\"<<\": {b: 1}}", "a: {!!str <<: {b: 1}}", "a: {!!merge x: {b: 1}}", "[<<]", "a: <<", "<<: {a: 1}", "<<: {<<: {<<: {a: 1}}}", "a: {<<: {<<: 1}}",
    "&m <<: {a: 1}\nb: {*m : {c: 2}}", "a: {=: 1}", "a: {=: 1, b: =}", "!!set {<<: {a: 1}, b}", "a: &x {<<: 1}\nb: {<<: *x}",
    # constructors
    "!!omap [a: 1, b: 2]", "!!omap [{a: 1}, {b: 2}]", "!!pairs [a: 1, a: 2]", "!!omap [a]", "!!omap {a: 1}", "!!omap [{a: 1, b: 2}]", "!!omap [[a]: 1]", "!!set {a, b}", "!!set {a: 1}", "!!set {[a]}", "!!set [a]", "!!seq {a: 1}", "!!map [a]", "!!str [a]", "!!int {a: 1}",
    "{!!set {a}: 1}", "{!!omap [a: 1]: 1}", "{2001-01-01: 1}", "{!!binary aGk=: 1}", "a: {b: {c: !x 1}}\nd: !y 1", "- [[!x 1]]\n- !y 1", "a: !!int x\nb: !!bool y", "- &x !!omap [a: 1]\n- !!omap [*x]", "- &x {a: 1}\n- !!omap [*x]", "- !!python/object/apply:os.system [ls]",
    "a: 2001-02-30\nb: @", "!!null [a]", "!!bool [a]", "!!timestamp \"2001-01-01\"", "!!timestamp '2001-01-01 '",
]


def name(value):
    """The value as JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"int": str(value) if abs(value) < 10**100 else hex(value)}
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else value.hex()}
    if isinstance(value, datetime.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, set):
        return {"set": sorted((name(v) for v in value), key=json.dumps)}
    if isinstance(value, tuple):
        return [name(v) for v in value]
    if isinstance(value, list):
        return [name(v) for v in value]
    return {"dict": [[name(k), name(v)] for k, v in value.items()]}


def place(mark):
    return mark and [mark.line, mark.column]


def outcome(text):
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
        try:
            return {"value": name(value)}
        except RecursionError:
            return {"cyclic": True}
    except yaml.MarkedYAMLError as e:
        return {"error": type(e).__name__, "context": e.context, "context_at": place(e.context_mark), "problem": e.problem, "at": place(e.problem_mark)}
    except yaml.reader.ReaderError as e:
        return {"error": "ReaderError", "position": e.position}
    except Exception as e:
        return {"error": type(e).__name__}


def main():
    texts = list(DOCUMENTS)
    unescaped = [s.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\u" in s and not s.startswith('"') else s for s in SCALARS]
    for s in unescaped:
        texts += [s, "x: " + s, "[" + s + "]", "{x: " + s + "}", s + ": x"]
    for tag, s in itertools.product(TAGS, TAGGED):
        texts += [tag + " " + s, "x: " + tag + " " + s]
    seen = dict.fromkeys(texts)
    print("[")
    rows = [json.dumps({"text": t, **outcome(t)}) for t in seen]
    print(",\n".join(rows))
    print("]")


sys.exit(main())
