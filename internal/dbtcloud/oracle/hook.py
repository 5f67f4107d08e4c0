"""What the real hook does with a connection, up to the network.

Run by the Python of an environment that has Airflow and the dbt Cloud provider,
never by `go test`. Reads cases as JSON, one a line, and answers each with a line in
the form of testdata/vectors/dbt-hook.json: the URL, the header and the proxies that
the client was handed, or the error. Nothing leaves the machine: every name leads to
a server of this process, which answers all that it is asked, without TLS.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import tempfile
import threading
import time
import warnings

ANSWER = json.dumps({"data": {"id": 9, "status": 10}, "extra": {"filters": {"limit": 100}, "pagination": {"count": 1, "total_count": 1}}}).encode()


def serve(connection):
    """Answers one request. No proxy lets anything through."""
    with connection:
        connection.settimeout(5)
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(65536)
            if not more:
                return
            request += more
        status, body = (b"502 Bad Gateway", b"") if request.startswith(b"CONNECT") else (b"200 OK", ANSWER)
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        connection.sendall(head % (status, len(body)) + body)


def listen():
    """Starts the server and returns its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def redirect(port, seen):
    """Has both clients note what they are handed, and call the server instead."""
    import aiohttp
    import requests
    import urllib3.connection

    def getaddrinfo(host, *_args, **_kwargs):
        if isinstance(host, str):
            host.encode("idna")  # as the real one does first
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    socket.getaddrinfo = getaddrinfo
    urllib3.connection._ssl_wrap_socket_and_match_hostname = lambda sock, **_kwargs: urllib3.connection._WrappedAndVerifiedSocket(socket=sock, is_verified=True)
    connect, send, request = aiohttp.TCPConnector._wrap_create_connection, requests.Session.send, aiohttp.ClientSession._request

    async def plain(self, *args, **kwargs):
        for option in ("ssl", "server_hostname"):
            kwargs.pop(option, None)
        return await connect(self, *args, **kwargs)

    def noted(self, prepared, **kwargs):
        if not seen:
            headers = {k: v if isinstance(v, str) else v.decode("latin-1") for k, v in prepared.headers.items()}
            seen.update(url=prepared.url, headers={"Authorization": headers["Authorization"]}, proxies=dict(kwargs.get("proxies") or {}))
        return send(self, prepared, **kwargs)

    async def noted_async(self, method, url, **kwargs):
        if not seen:
            seen.update(url=str(url), proxy=kwargs.get("proxy"))
        return await request(self, method, url, **kwargs)

    aiohttp.TCPConnector._wrap_create_connection = plain
    requests.Session.send, aiohttp.ClientSession._request = noted, noted_async


def call(name):
    """Makes a call of the hook and says what came of it."""
    from airflow.providers.dbt.cloud.hooks.dbt import DbtCloudHook

    hook = DbtCloudHook("dbt_cloud_default")
    try:
        if name == "list_jobs":
            hook.list_jobs()
        elif name == "test_connection":
            return {"result": list(hook.test_connection())}
        else:
            asyncio.run(hook.get_job_status(run_id=9))
    except Exception as e:
        package = type(e).__module__.split(".")[0]
        prefix = "" if package in ("builtins", "airflow") else package + "."
        return {"error": {"class": prefix + type(e).__name__, "message": str(e)}}
    return {}


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="oracle-home-")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    seen = {}
    redirect(listen(), seen)
    time.sleep = lambda _seconds: None  # between retries
    for line in sys.stdin:
        case = json.loads(line)
        os.environ["AIRFLOW_CONN_DBT_CLOUD_DEFAULT"] = json.dumps(case["connection"])
        seen.clear()
        outcome = call(case["call"])
        print("answer:" + json.dumps({"url": None, **seen, **outcome}, default=str), flush=True)


main()
