"""The cases of testdata/vectors/astro-shell.json."""

HEAD = "airflow:\n  connections:\n"


def entry(**fields):
    return "    - {" + ", ".join("%s: %s" % kv for kv in fields.items()) + "}\n"


def shell_cases():
    cases = []

    def case(name, *entries, rest=""):
        cases.append({"name": name, "input": HEAD + "".join(entries) + rest})

    first = entry(conn_id="c1", conn_type="http", conn_host="h1")
    last = entry(conn_id="c9", conn_type="http", conn_host="h9")

    case("plain", first, entry(conn_id="c2", conn_type="postgres", conn_host="h", conn_schema="s", conn_login="l", conn_password="p", conn_port=5432))
    for value in ["p\"q", "p$HOME", "p`id`", "p;id", "p q", "p\\\\q", "p#q", "p&q", "p\\nq", "p\\tq", "p(q)", "p*", "~p", "p!q", "\\u00e9\\u65e5"]:
        case("password/" + value, entry(conn_id="c2", conn_type="http", conn_password='"%s"' % value.replace('"', '\\"')), last)
    for value in ["'", "it's", "''", "a''b", "a'b'c", "'a'", "a' 'b", "a 'b' c", "a' --conn-host 'evil", "a'#b", "a' #b", "a' # b'", "a'\\\\'b", "a'\\\\''b",
                  "a'\\\"b\\\"'c", "a'\\\"'b", "a' --conn-port=9 'b", "a'--conn-login 'b", "'--conn-login' x", "a'$(echo x)'b", "a'; echo 'b", "a'|cat'"]:
        for field in ["conn_id", "conn_password", "conn_host"]:
            fields = {"conn_id": "c2", "conn_type": "http", field: '"%s"' % value}
            case("quote/%s/%s" % (field, value), first, entry(**fields), last)
    case("quote/schema and password", first, entry(conn_id="c2", conn_type="http", conn_password="it's", conn_schema="it's"), last)
    case("quote/extra text", first, entry(conn_id="c2", conn_type="http", conn_extra="'{\"a\": \"it''s\"}'"), last)
    case("quote/extra text twice", first, entry(conn_id="c2", conn_type="http", conn_extra="'{\"a\": \"''b''\"}'"), last)
    case("quote/extra map", first, entry(conn_id="c2", conn_type="http", conn_extra="{a: it's}"), last)
    case("quote/extra escaped", first, entry(conn_id="c2", conn_type="http", conn_extra="'{\"a\": \"it\\u0027s\"}'"), last)
    case("quote/uri", first, entry(conn_id="c2", conn_uri="\"http://l:it's@h\""), last)
    case("quote/uri escaped", first, entry(conn_id="c2", conn_uri="http://l:it%27s@h"), last)
    for value in ["-x", "--x", "-", "--", "-5", "-5.5", "-.5", "-5.", "-x y", "--conn-host", "--conn-host=x", "-hx", "-1e5"]:
        case("hyphen/password/" + value, first, entry(conn_id="c2", conn_type="http", conn_password='"%s"' % value), last)
        case("hyphen/id/" + value, first, entry(conn_id='"%s"' % value, conn_type="http"), last)
    case("nul", first, entry(conn_id="c2", conn_type="http", conn_password='"a\\0b"'), last)
    for value in ["{a: 1, B: {C: x}}", "{}", "~", "", "[1]", "5", "true", "'{\"a\": 1}'", "'[1]'", "'5'", "notjson", "''", "{a: .nan}", "{a: 2024-01-01}", "'{\"A\": 1}'", "{a: <x>&}"]:
        case("extra/" + value, first, entry(conn_id="c2", conn_type="http", conn_extra=value), last)
    for uri in ["http://l:p@h:1/s?a=1&b=x", "dbt-cloud://1:t@h", "dbt_cloud://1:t@h", "postgresql://h", "http://https://h", "h", "http:h", "http:///s", "x://", "http://h:x", "http://h?__extra__=%7B%22a%22%3A1%7D",
                "http://l:p%40q@h", "http://l:p q@h", "http://h/?a=1.10", "unknown://h", "http://H"]:
        case("uri/" + uri, first, entry(conn_id="c2", conn_uri="\"%s\"" % uri), last)
    case("uri/with extra", first, entry(conn_id="c2", conn_uri="'http://h?a=1'", conn_extra="{b: 2}"), last)
    case("uri/with bad extra", first, entry(conn_id="c2", conn_uri="'http://h?a=1'", conn_extra="notjson"), last)
    case("uri/fields", first, entry(conn_id="c2", conn_uri="http://h", conn_type="postgres"), last)
    case("uri/login", first, entry(conn_id="c2", conn_uri="http://h", conn_login="l"), last)
    case("uri/port", first, entry(conn_id="c2", conn_uri="http://h", conn_port="5"), last)
    for value in ["dbt Cloud", "dbt-cloud", "dbtcloud", "HTTP", "Postgres", "dbt_cloud", "generic"]:
        case("type/" + value, first, entry(conn_id="c2", conn_type=value), last)
    for value in ["0", "-1", "443", "'443'", "443.7", "true", "65536"]:
        case("port/" + value, first, entry(conn_id="c2", conn_type="http", conn_port=value), last)
    for value in ["a", "data", "No", "found", "No data", "a b", "caf\u00e9", "a.b", "a..b", "x" * 201, "a/b", "***", "5", "012", "C1", "\u00b2"]:
        case("id/" + value[:20], first, entry(conn_id='"%s"' % value if not value.isdigit() else value, conn_type="http"), last)
    case("id/twice", first, entry(conn_id="c2", conn_type="http", conn_host="h1", conn_login="l"), entry(conn_id="c2", conn_type="postgres", conn_host="h2"), last)
    case("id/of a default", first, entry(conn_id="found", conn_host="h"), last)
    case("skipped", entry(conn_type="http"), entry(conn_id="c2"), entry(conn_id="c3", conn_host="h"), first)
    case("skipped/bad extra", entry(conn_id="c2", conn_extra="[1]"), first)
    case("refused/date", first, entry(conn_id="c2", conn_type="http", conn_password="2024-01-01"), last)
    case("refused/port", first, entry(conn_id="c2", conn_type="http", conn_port="abc"), last)
    case("refused/list", first, entry(conn_id="c2", conn_type="http", conn_host="[a]"), last)
    case("refused/syntax", first, "    - {conn_id: [}\n")
    pools = "  pools:\n    - {pool_name: %s, pool_slot: %s, pool_description: %s}\n"
    variables = "  variables:\n    - {variable_name: %s, variable_value: %s}\n"
    for name, slot, text in [("p", 5, "d"), ("p q", 5, "d"), ("p", 5, "it's"), ("p", 0, "it's"), ("p", 5, ""), ("p", 5, "a''b"), ("p'q", 5, "d")]:
        case("pool/%s/%s/%s" % (name, slot, text), first, rest=pools % (name, slot, text))
    for name, value in [("v", "x"), ("v w", "x"), ("v", "it's"), ("v", "a''b"), ("v", "\"-x\""), ("v", "\"-5\""), ("v", "\"x y\""), ("v'w", "x"), ("", "it's"), ("v", "")]:
        case("variable/%s/%s" % (name, value), first, rest=variables % (name, value))
    case("order", first, rest=variables % ("v", "it's") + pools % ("p", 5, "it's"))
    return cases
