"""Records what Python's json module makes of texts, for json_test.go.

Run by hand, in this directory: python3 record.py > cases.json
"""

import json
import struct
import sys

cases = []


def add(*texts):
    cases.extend(texts)


# Top levels and blanks.
add("", " ", "\n", "\t\r\n ", "\x0b", "\x0c", "\xa0", "\u2028", "\u3000", "\ufeff", "\ufeff{}", " \ufeff{}", "{}\ufeff", "\x00", "{}\x00", "\x00{}")
add("null", "true", "false", "NaN", "Infinity", "-Infinity", "nul", "nulll", "null null", "tru", "truee", "True", "TRUE", "fals", "False", "None", "none")
add("undefined", "nan", "Na", "NaNN", "-NaN", "+NaN", "Inf", "Infinit", "-Infinit", "-Inf", "+Infinity", "--Infinity", "infinity", "[NaN,Infinity,-Infinity]")
add(" null ", "\n1\n", "\r\n[]\r\n", "[]\x0c", "[\x0b1]", "[1\xa0]", "\u2003[]", "1 2", "1,", ",1", "[] []", "{}{}", "[],", "{} x", '"a" "b"', "]", "}", ":", "[]]", "{}}")

# Numbers.
add("0", "-0", "1", "-1", "12345678901234567890", "-9223372036854775809", "18446744073709551616", "1" + "0" * 400, "00", "01", "-01", "007", "-", "--1", "+1", "+", "- 1")
add("1.0", "1.5", "-1.25", "0.1", "0.0", "-0.0", "1.", "1.e5", ".5", "-.5", "1.5.5", "1..5", "1e5", "1E5", "1e+5", "1e-5", "1E+05", "1e", "1e+", "1e-", "1E", "1ee5", "1e5.5")
add("0e0", "0E+1", "-0e-1", "1e400", "-1e400", "1e-400", "5e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623159e308", "123456789012345678.9", "0.1e1", "0.30000000000000004")
add("0x1", "0b1", "0o7", "1_000", "1,000", "[1,000]", "1a", "1 a", "[1a]", "[1 a]", "12.34abc", "[0123]", "[-0123]", "[0.1.2]", "[1e]", "[1.]", "[1.,2]", "[-]", "[- 1]", "[+1]", "[.5]", "[0x1F]", "\u0661", "[\uff11]", "1\u0661")
add("9" * 4300, "-" + "9" * 4300, "9" * 4301, "-" + "9" * 4301, "[" + "9" * 5000 + ",]", "9" * 5000 + ".5", '{"a": ' + "1" * 4301 + "}", "9" * 5000 + "e1", "0" * 5000)

# Strings.
add('""', '"a"', '" "', '"é"', '"😀"', '"\u2028\u2029"', '"\x7f"', '"\x80"', '"\ufeff"', '"\uffff"', "'a'", "`a`", "“a”", '"a', '"', '["', '["a', '"a"b', '"a" b', '"a""b"', "\"a'", "'a\"")
add(*[f'"\\{c}"' for c in "\"\\/bfnrt"])
add(*[f'"\\{c}"' for c in "acdeghijklmopqsvwxyz0123456789'`$. \t\n(\u00e9\U0001f600\x00\x7f"])
add("\"\\", "\"\\\"", "\"\\\\", "\"\\\\\"", "\"\\\\\\\"", '"a\\', '["\\', '"\\u', '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"', '"\\u1234"', '"\\u1234', '"\\u123', '"\\u12345"', '"\\uABCD"', '"\\uabcd"', '"\\uAbCd"')
add('"\\u 123"', '"\\u+123"', '"\\u-123"', '"\\u12 4"', '"\\u123g"', '"\\ug123"', '"\\u00g0"', '"\\u0x12"', '"\\u1_23"', '"\\U1234"', '"\\uéabc"', '"\\u12\u0661\u0661"', '"\\u{41}"', '"\\x41"', '"\\u0000"', '"\\u0001"', '"\\u001f"', '"\\u007f"', '"\\u2028"')
add('"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '"\\ude00\\ud83d"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83dx"', '"\\ud83d\\n"', '"\\ud83d\\u0041"', '"\\ud83d\\u00"', '"\\ud83d\\ude"', '"\\ud83d\\ude00', '"\\ud83d\\', '"\\ud83d\\u', '"\\ud800\\udc00"', '"\\udbff\\udfff"', '"\\ud800 \\udc00"', '"\\uD83D\\uDE00\\uD83D"', '"\\ud83d\\ude0g"', '"\\ud83d\\ude00"x')
add(*[f'"{chr(c)}"' for c in range(0x20)])
add('"a\nb"', '"a\r\nb"', '["a\n', '{"a": "b\nc"}', '{"a\n": 1}', '"a\tb"', '"\x00', '"abc\x1fdef"', '"é\x01"', '"😀\n"')

# Lists.
add("[]", "[ ]", "[\n]", "[1]", "[1,2]", "[ 1 , 2 ]", "[1 2]", "[1,]", "[1, ]", "[1,\n]", "[,]", "[,1]", "[1,,2]", "[1,,]", "[ , 1]", "[1;2]", "[1:2]", "[", "[1", "[1,", "[1, ", "[[", "[[]", "[[]]", "[[],[]]", "[[1],2]", "[}", "[1}", "[1,}", "[)", "(1)", "[1]x", "[null", "[nul]", "[true false]", "[\"a\" \"b\"]", "[\"a\"\n\"b\"]", "[1\n2]", "[1/2]", "[\"a\", 1, null, true, {}, []]")

# Objects.
add("{}", "{ }", "{\n}", '{"a":1}', '{"a" : 1}', '{ "a" : 1 , "b" : 2 }', '{"a":1,"a":2}', '{"":0}', '{"a":{"b":[1]}}', '{"a":{},"a":[],"a":null}', '{"\\u0061":1,"a":2}', '{"a":1,}', '{"a":1, }', '{"a":1,\n}', '{,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a":1 "b":2}', '{"a":1\n"b":2}', '{"a":1;"b":2}')
add('{"a"}', '{"a",}', '{"a" "b"}', '{"a":}', '{"a": }', '{"a":,}', '{"a":,"b":1}', '{"a"::1}', '{"a":1:2}', '{"a"=1}', '{"a"=>1}', '{"a" 1}', "{'a':1}", "{a:1}", "{a b:1}", "{1:1}", "{null:1}", "{true:1}", "{[]:1}", "{{}:1}", "{\"a\":1]", "{]", "{\"a\":[1}", "{\"a\":{\"b\":1]}", "{:1}", "{-:1}", "{é:1}")
add("{", "{ ", '{"', '{"a', '{"a"', '{"a" ', '{"a":', '{"a": ', '{"a":1', '{"a":1 ', '{"a":1,', '{"a":1, ', '{"a":"', '{"a":"b', '{"a":"b"', '{"a":[', '{"a":{', '{"a":1}}', '{"a":1},', '{"a":1} x', '{"a":1}{"b":2}', '{"a":"b""c"}', '{"a":"b"c"}', '{"a":"b\\"}', '{"a":"b" , }')

# Comments and other languages.
add("// c\n1", "/* c */1", "# c\n1", "1 // c", "1 # c", "[1 // c\n]", "[1, // c\n2]", "[// c\n1]", "{// c\n}", '{"a": 1, // c\n"b": 2}', '{"a": /* c */ 1}', '{"a" // c\n: 1}', '{"a": 1 # c\n}', "[1 /* c */]", "<!-- c -->", "--- {}", "a: 1", "a=1", "conn=postgres://h", "{{ x }}", "{% x %}", "${X}", '{"a": ${X}}', '{"a": {{ x }}}', '{"a": x}', '{"a": <b>}', "[True]", '{"a": None}', '{"a": undefined}', "[@]", "[é]", "[😀]", "[“a”]", '{“a”: 1}', "[1,\u00a02]", "[\u200b1]", "%", "!", "[\\]", "[\\\"a\\\"]", '{\\"a\\": 1}')

# Truncation at every character.
document = '{"dbt": {"conn_type": "dbt_cloud", "port": -1.5e3, "é\\u00e9\\n": [true, null, NaN], "e": {}}, "b": []} '
for n in range(len(document)):
    add(document[:n])
# A character too many, at every place.
short = '{"é": [1, "\\n", null], "b": {"c": -0.5}}'
for c in ("\x00", "x", '"', "\\", ",", "}", "]", ":", "é", "0"):
    for n in range(len(short) + 1):
        add(short[:n] + c + short[n:])
# A character less.
for n in range(len(short)):
    add(short[:n] + short[n + 1:])


def dump(v):
    if v is None:
        return "null"
    if v is True or v is False:
        return str(v).lower()
    if isinstance(v, int):
        return str(v)
    if isinstance(v, float):
        return "nan" if v != v else "f" + struct.pack(">d", v).hex()
    if isinstance(v, str):
        return "'" + v.encode("utf-8", "surrogatepass").hex() + "'"
    if isinstance(v, tuple):
        return "{" + "".join(dump(k) + ":" + dump(x) + "," for k, x in v) + "}"
    return "[" + "".join(dump(x) + "," for x in v) + "]"


def run(text):
    row = {"text": text}
    try:
        row["value"] = dump(json.loads(text, object_pairs_hook=tuple))
    except json.JSONDecodeError as e:
        row["error"], row["at"] = e.msg, e.pos
    except ValueError as e:
        row["value_error"] = str(e)
    return row


rows = list({text: run(text) for text in cases}.values())
about = f"json.loads of Python {sys.version.split()[0]}; written by record.py"
print(json.dumps({"about": about, "cases": rows}, indent=0))
