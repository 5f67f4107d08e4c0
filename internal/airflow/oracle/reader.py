"""What an installed Airflow makes of connection values and files.

Run by the Python of an environment that has Airflow, never by `go test`. Reads
cases as JSON, one a line, from standard input and answers each with one line:
a result in the form that the key `about` of testdata/vectors/airflow-readers.json
describes. Must run on every Python that a known Airflow runs on: 3.8 and later.

    reader.py            the server and the command line tool
    reader.py --worker   a task worker of Airflow 3 (values of the environment only)
"""

import base64
import contextlib
import datetime
import io
import json
import logging
import math
import os
import re
import sys
import tempfile
import warnings

FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "description", "team_name", "extra")
FILE_NAMES = {"json_file": "connections.json", "yaml_file": "connections.yaml", "env_file": "connections.env"}
MAX_DEPTH = 100  # deeper values are not written down


def prepare_home():
    """Gives Airflow a home of its own. Before it is imported for the first time."""
    home = tempfile.mkdtemp(prefix="oracle-home-")
    database = "sqlite:///" + os.path.join(home, "airflow.db")
    os.environ.update({
        "AIRFLOW_HOME": home,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        # Any key will do; nothing that is encrypted with it leaves this process.
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(b"oracle of the connection readers").decode(),
    })
    for name in [n for n in os.environ if n.startswith("AIRFLOW_CONN_")]:
        del os.environ[name]
    return home


def encode_text(text):
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return {"$wtf8_b64": base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()}


def depth(value):
    """Levels of nesting, found without recursion."""
    deepest, level = 0, [value]
    while level:
        children = []
        for v in level:
            if isinstance(v, dict):
                children += v.values()
            elif isinstance(v, (list, tuple, set, frozenset)):
                children += v
        if not any(isinstance(v, (dict, list, tuple, set, frozenset)) for v in level):
            break
        deepest, level = deepest + 1, children
        if deepest > MAX_DEPTH:
            break
    return deepest


def encode(value):
    """A Python value as JSON that keeps its type."""
    if depth(value) > MAX_DEPTH:
        return {"$too_deep": True}
    return encode_shallow(value)


def encode_shallow(value):
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return {"$float": str(value)}
        return value
    if isinstance(value, str):
        return encode_text(value)
    if isinstance(value, bytes):
        return {"$bytes_b64": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"$date": value.isoformat()}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((encode_shallow(v) for v in value), key=json.dumps)}
    if isinstance(value, dict):
        plain = all(isinstance(k, str) and not k.startswith("$") and encode_text(k) == k for k in value)
        if plain:
            return {k: encode_shallow(v) for k, v in value.items()}
        return {"$dict": [[encode_shallow(k), encode_shallow(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [encode_shallow(v) for v in value]
    return {"$type": type(value).__name__}


def id_name(conn_id):
    """A conn id as the key of a JSON object."""
    if isinstance(conn_id, str):
        encoded = encode_text(conn_id)
        if encoded != conn_id:
            return "$wtf8_b64:" + encoded["$wtf8_b64"]
        if re.match(r"\$(str|int|bool|float|null|date|datetime|bytes_b64|wtf8_b64|tuple):", conn_id):
            return "$str:" + conn_id
        return conn_id
    if conn_id is None:
        return "$null:null"
    if isinstance(conn_id, bool):
        return "$bool:" + str(conn_id).lower()
    if isinstance(conn_id, bytes):
        return "$bytes_b64:" + base64.b64encode(conn_id).decode()
    if isinstance(conn_id, datetime.datetime):
        return "$datetime:" + conn_id.isoformat()
    if isinstance(conn_id, datetime.date):
        return "$date:" + conn_id.isoformat()
    return "$" + type(conn_id).__name__ + ":" + str(conn_id)


def attribute(read):
    try:
        return encode(read())
    except Exception as e:  # noqa: BLE001 - what it raises is the answer
        return {"$error": type(e).__name__}


def record(conn, conn_id):
    """A connection object as it is, database aside."""
    shown = {}
    held = getattr(conn, "conn_id", None)
    if held != conn_id or type(held) is not type(conn_id):
        shown["conn_id"] = encode(held)
    for field in FIELDS:
        if not hasattr(type(conn), field) and not hasattr(conn, field):
            continue
        value = attribute(lambda f=field: getattr(conn, f))
        if value is not None:
            shown[field] = value
    if "extra" in shown:
        shown["extra_dejson"] = attribute(lambda: conn.extra_dejson)
    shown["uri"] = attribute(conn.get_uri)
    return shown


def failure(e):
    shown = {"class": type(e).__name__, "message": message(e)}
    if shown["class"] in ("InterfaceError", "ProgrammingError"):
        # The driver refuses a value. Which parameter it was, and of which of these
        # classes, depends on the driver's Python alone.
        shown["class"] = "DBAPIError"
        shown["message"] = re.sub(r"^\(sqlite3\.ProgrammingError\) Error binding parameter \S+: ", "", shown["message"])
    parse_errors = getattr(e, "parse_errors", None)
    if parse_errors:
        shown["message"] = message(e).split("\n")[0]
        shown["parse_errors"] = [{"line": p.line_no, "message": tidy(p.message)} for p in parse_errors]
    return shown


def message(e):
    return tidy(str(e))


def tidy(text):
    """Without what differs from run to run: directories, the order of sets, links."""
    if Files.directory:
        text = text.replace(Files.directory, "<dir>")
    text = re.sub(r"\{('[^{}]*'(?:, '[^{}]*')*)\}", lambda m: "{" + ", ".join(sorted(m[1].split(", "))) + "}", text)
    text = text.split("\n[SQL:")[0].split("\n(Background on this error")[0]
    return text.encode("utf-8", "backslashreplace").decode()


class Files:
    directory = None


class Server:
    """The readers of the server and the command line tool."""

    def __init__(self):
        import airflow  # noqa: F401 - the first import sets up the settings
        from airflow import settings
        from airflow.models.connection import Connection
        from airflow.secrets.environment_variables import EnvironmentVariablesBackend
        from airflow.secrets.local_filesystem import load_connections_dict
        from airflow.cli.commands import connection_command

        if settings.Session is None:
            settings.configure_orm()
        tables = [Connection.__table__]
        for table in tables:  # grows: from 3.2 on a connection may belong to a team
            tables += [k.column.table for k in table.foreign_keys if k.column.table not in tables]
        Connection.metadata.create_all(settings.engine, tables=tables)
        self.Connection, self.settings = Connection, settings
        self.backend, self.load = EnvironmentVariablesBackend(), load_connections_dict
        self.command = connection_command

    def value(self, conn_id):
        return self.backend.get_connection(conn_id), lambda: self.Connection.get_connection_from_secrets(conn_id)

    def imported(self, path, loaded):
        """What `airflow connections import` does: {} where it stores all as loaded."""
        result, printed = {}, io.StringIO()
        helper = self.command._import_helper
        try:
            with contextlib.redirect_stdout(printed):
                # Until 2.4 there was nothing to overwrite.
                helper(path, False) if helper.__code__.co_argcount > 1 else helper(path)
        except (Exception, SystemExit) as e:  # noqa: BLE001
            result["error"] = failure(e)
        refused = [tidy(line) for line in re.split(r"\n(?=Could not import|Imported)", printed.getvalue().rstrip("\n"))
                   if line.startswith("Could not import")]
        if refused:
            result["refused"] = refused
        self.settings.Session.remove()
        session = self.settings.Session()
        rows = {}
        for row in session.query(self.Connection).all():
            conn_id = row.conn_id
            rows[id_name(conn_id)] = record(row, conn_id)
        session.query(self.Connection).delete()  # the next case finds an empty table
        session.commit()
        self.settings.Session.remove()
        missing = [i for i in loaded if i not in rows]
        if missing:
            result["not_stored"] = missing
        changed = {}
        for name, row in rows.items():
            was = {k: v for k, v in loaded.get(name, {}).items() if k != "conn_id"}
            fields = {k: row.get(k) for k in sorted(set(was) | set(row)) if not same(was.get(k), row.get(k))}
            if fields:
                changed[name] = fields
        if changed:
            result["stored_differently"] = changed
        return result


class Worker:
    """The environment as a task of Airflow 3 reads it."""

    def __init__(self):
        from airflow.sdk.execution_time import context, supervisor

        self.context, self.supervisor = context, supervisor

    def value(self, conn_id):
        # The environment stands last but for the supervisor, who is not asked here.
        backend = next(b for b in self.supervisor.ensure_secrets_backend_loaded() if type(b).__name__ == "EnvironmentVariablesBackend")
        return backend.get_connection(conn_id), lambda: self.context._get_connection(conn_id)


def same(a, b):
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def read_value(reader, case):
    conn_id = case.get("conn_id", "x")
    name = case.get("env_name", "AIRFLOW_CONN_" + conn_id.upper())
    raw = base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode("utf-8", "surrogatepass")
    os.environb[os.fsencode(name)] = raw
    try:
        try:
            conn, look_up = reader.value(conn_id)
        except Exception as e:  # noqa: BLE001
            return {"error": failure(e)}
        if conn is None:
            return {"conn": None}
        result = {"conn": record(conn, conn_id)}
        try:
            look_up()
        except Exception as e:  # noqa: BLE001
            result["lookup"] = type(e).__name__
        return result
    finally:
        del os.environb[os.fsencode(name)]


def read_file(reader, case):
    path = os.path.join(Files.directory, case.get("file_name", FILE_NAMES[case["kind"]]))
    with open(path, "wb") as f:
        f.write(base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode())
    try:
        try:
            loaded = reader.load(path)
        except Exception as e:  # noqa: BLE001
            return {"error": failure(e)}
        result = {"conns": {id_name(i): record(c, i) for i, c in loaded.items()}}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stored = reader.imported(path, result["conns"])
        if stored:
            result["import"] = stored
        return result
    finally:
        os.unlink(path)


def answer(reader, case):
    if isinstance(reader, Worker) and case["kind"] != "env":
        return {}
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        result = (read_value if case["kind"] == "env" else read_file)(reader, case)
    said = [tidy(str(w.message)) for w in raised if "`extra`" in str(w.message)]
    if said:
        result["warnings"] = list(dict.fromkeys(said))
    return result


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Airflow prints must not mix with the answers
    prepare_home()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    reader = Worker() if "--worker" in sys.argv[1:] else Server()
    logging.disable(logging.CRITICAL)
    Files.directory = tempfile.mkdtemp(prefix="oracle-")
    import platform

    import sqlalchemy
    import yaml

    about = {"python": platform.python_version(), "pyyaml": yaml.__version__, "libyaml": bool(yaml.__with_libyaml__), "sqlalchemy": sqlalchemy.__version__}
    print(json.dumps(about), file=answers, flush=True)
    for line in io.open(0, encoding="utf-8"):
        print(json.dumps(answer(reader, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
