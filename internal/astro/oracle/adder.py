"""The container that the Astro CLI runs its commands in, as far as it matters.

Run by the Python of an environment that has Airflow. It listens on the socket
that is its argument for what the file `airflow` beside it was called with, runs
the command of the real command line tool on an empty SQLite database, and answers
with what was printed and the exit code. Two commands are its own: `reset` empties
the table of connections, `held` tells what is in it.
"""

import contextlib
import io
import json
import os
import socket
import sys
import tempfile
import warnings

FIELDS = ("conn_id", "conn_type", "description", "host", "login", "password", "schema", "port", "extra")

# What an image with the usual providers knows; with none, every type is generic.
TYPES = ["fs", "mesos_framework-id", "email", "generic", "http", "postgres", "mysql", "sqlite", "dbt_cloud", "snowflake", "aws"]


def start():
    home = tempfile.mkdtemp(prefix="adder-home-")
    database = "sqlite:///" + os.path.join(home, "airflow.db")
    os.environ.update({
        "AIRFLOW_HOME": home,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Any key will do; nothing that is encrypted with it leaves this process.
        "AIRFLOW__CORE__FERNET_KEY": "cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
    })
    warnings.simplefilter("ignore")
    import airflow.models.pool
    import airflow.models.variable
    from airflow import settings
    from airflow.cli import cli_parser
    from airflow.cli.commands import connection_command
    from airflow.models import Connection
    from airflow.models.base import Base
    from airflow.utils import db

    for table in ("team", "connection", "log", "variable", "slot_pool"):
        if table in Base.metadata.tables:
            Base.metadata.tables[table].create(settings.engine, checkfirst=True)
    # The database has only the tables that these commands use.
    for name in ("check_and_run_migrations", "synchronize_log_template"):
        if hasattr(db, name):
            setattr(db, name, lambda *a, **k: None)
    connection_command._get_connection_types = lambda: TYPES
    return settings, Connection, cli_parser.get_parser()


def run(parser, argv):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            args = parser.parse_args(argv)
            args.func(args)
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else int(e.code is not None)
            if not isinstance(e.code, int) and e.code is not None:
                err.write(str(e.code) + "\n")
        except BaseException as e:
            code = 1
            err.write("%s: %s\n" % (type(e).__name__, e))
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def held(settings, Connection):
    rows = []
    with settings.Session() as session:
        for c in session.query(Connection).order_by(Connection.id):
            row = {}
            for name in FIELDS:
                try:
                    row[name] = getattr(c, name)
                except Exception as e:
                    row[name] = {"$error": type(e).__name__}
            rows.append({k: v for k, v in row.items() if v is not None})
        session.rollback()
    return rows


def main():
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings, Connection, parser = start()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(sys.argv[1])
    server.listen(1)
    print("ready", file=stdout, flush=True)
    commands = []
    while True:
        peer, _ = server.accept()
        with peer, peer.makefile("rw") as f:
            argv = json.loads(f.readline())
            if argv == ["reset"]:
                with settings.Session() as session:
                    session.query(Connection).delete()
                    session.commit()
                commands.clear()
                answer = {}
            elif argv == ["held"]:
                answer = {"commands": commands, "held": held(settings, Connection)}
            else:
                answer = run(parser, argv)
                if argv[:2] != ["connections", "list"]:
                    commands.append({"argv": argv, "code": answer["code"], "error": answer["err"].strip().split("\n")[-1]})
            f.write(json.dumps(answer) + "\n")
            f.flush()


main()
