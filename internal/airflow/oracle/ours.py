"""What `dbtconn-lint inspect` says, in the form in which the oracle answers."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

from reader import FIELDS, FILE_NAMES

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FORMATS = {"env": "airflow-value", "json_file": "airflow-json", "yaml_file": "airflow-yaml", "env_file": "airflow-env"}


class Inspector:
    """A built dbtconn-lint that reads many cases in one run."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="oracle-ours-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.binary = os.path.join(self.dir, "dbtconn-lint")
        subprocess.run(["go", "build", "-o", self.binary, "./cmd/dbtconn-lint"], cwd=ROOT, check=True)

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def read(self, cases, versions):
        """Results by index of the case and consumer, as `airflow@2.11.2`."""
        results = [{} for _ in cases]
        groups = {}
        for i, case in enumerate(cases):
            groups.setdefault((case["kind"], case.get("conn_id", "x")), []).append(i)
        for (kind, conn_id), members in groups.items():
            self._read_group(kind, conn_id, [(i, cases[i]) for i in members], versions, results)
        return results

    def _read_group(self, kind, conn_id, members, versions, results):
        work = tempfile.mkdtemp(dir=self.dir)
        paths = []
        for i, case in members:
            folder = os.path.join(work, str(i))
            os.mkdir(folder)
            path = os.path.join(folder, case.get("file_name", FILE_NAMES.get(kind, "value")))
            with open(path, "wb") as f:
                raw = raw_input(case)
                if kind == "env":  # a line end that belongs to the file, not to the value
                    raw += b"\r" if raw.endswith(b"\r") else b"\n"
                f.write(raw)
            paths.append(os.path.relpath(path, work))
        args = [self.binary, "inspect", "-o", "json", "--show-secrets", "--format", FORMATS[kind]]
        for version in versions:
            for consumer in consumers(kind, version):
                args += ["--consumer", consumer]
        if kind == "env":
            args += ["--conn-id", conn_id]
        try:
            ran = subprocess.run(args + paths, cwd=work, capture_output=True, check=False)
            if ran.returncode != 0:
                raise RuntimeError(f"inspect ended with {ran.returncode}: {ran.stderr.decode(errors='replace')[-2000:]}")
            for (i, _), shown in zip(members, json.loads(ran.stdout)["files"], strict=True):
                for reading in shown["readings"]:
                    results[i][reading["consumer"]] = reading
        finally:
            shutil.rmtree(work)


def raw_input(case):
    return base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode()


def consumers(kind, version):
    if kind != "env":
        return [f"airflow@{version}", f"airflow-import@{version}"]
    if version.startswith("2."):
        return [f"airflow@{version}"]
    return [f"airflow@{version}", f"airflow-sdk@{version}"]


def differences(case, version, oracle, ours):
    """In words, how inspect differs from what the real Airflow answered; [] if not.

    oracle maps "server" and, for values and Airflow 3, "worker" to results.
    """
    found = []
    for consumer in consumers(case["kind"], version):
        name = consumer.split("@")[0]
        got = ours.get(consumer)
        if got is None:
            found.append(f"{consumer}: no reading")
            continue
        if case["kind"] == "env":
            want = oracle["worker" if name == "airflow-sdk" else "server"]
            problem = compare_value(want, got)
        elif name == "airflow":
            problem = compare_file(oracle["server"], got)
        else:
            problem = compare_import(oracle["server"], got)
        if problem:
            found.append(f"{consumer}: {problem}")
    return found


def compare_value(want, got):
    if got["error"]:
        return f"refused with {got['error']['class']}"
    if want.get("conn") is None and "error" not in want:
        return f"{len(got['connections'])} connections, not defined there" if got["connections"] else ""
    if len(got["connections"]) != 1:
        return f"{len(got['connections'])} connections"
    conn = got["connections"][0]
    error = conn["error"]
    if "error" in want:
        if not error or error["class"] != "AirflowNotFoundException" or not error.get("cause"):
            return f"no swallowed error, there {want['error']['class']}"
        if error["cause"]["class"] != want["error"]["class"]:
            return f"{error['cause']['class']}, there {want['error']['class']}"
        return ""
    if "lookup" in want:
        return "" if error else f"found, there {want['lookup']}"
    if error:
        return f"{error['class']} {error.get('cause')}, found there"
    return compare_record(want["conn"], conn)


def compare_file(want, got):
    if "error" in want or got["error"]:
        return compare_error(want.get("error"), got["error"])
    return compare_records(want["conns"], {c["conn_id"]: c for c in got["connections"] if not c["error"]})


def compare_import(want, got):
    if "error" in want or got["error"]:
        return compare_error(want.get("error"), got["error"])
    imported = want.get("import", {})
    stored = {i: dict(r) for i, r in want["conns"].items() if i not in imported.get("not_stored", ())}
    for name, fields in imported.get("stored_differently", {}).items():
        stored.setdefault(name, {}).update(fields)
    for row in stored.values():
        row.pop("conn_id", None)
    refused, died, shown = [], None, {}
    for c in got["connections"]:
        error, row = c["error"], stored.get(c["conn_id"], {})
        if not error:
            shown[c.get("held_conn_id", c["conn_id"])] = {k: v for k, v in c.items() if k != "held_conn_id"}
        elif error["message"].startswith("Could not import"):
            refused.append(error["message"])
        elif row.get("extra") == {"$error": error["class"]}:
            del stored[c["conn_id"]]  # stored, but reading it back raises
        else:
            died = died or error
    problem = compare_error(imported.get("error"), died)
    if problem:
        return problem
    if sorted(refused) != sorted(imported.get("refused", [])):
        return f"refused {sorted(refused)}, there {sorted(imported.get('refused', []))}"
    return compare_records(stored, shown)


def compare_error(want, got):
    want, got = want and want["class"], got and got["class"]
    return "" if want == got else f"{got}, there {want}"


def compare_records(want, got):
    if set(want) != set(got):
        return f"connections {sorted(got)}, there {sorted(want)}"
    for conn_id in want:
        problem = compare_record(want[conn_id], got[conn_id])
        if problem:
            return f"{conn_id}: {problem}"
    return ""


def compare_record(want, got):
    for field in FIELDS + ("extra_dejson", "uri"):
        w, g = want.get(field), got.get(field)
        if isinstance(w, dict) and "$error" in w:
            w = None  # the attribute cannot be read: inspect says null
        if field == "extra_dejson":
            w, g = w or None, g or None  # Airflow answers {} for what does not parse
        if canonical(w) != canonical(g):
            return f"{field} is {g!r}, there {w!r}"
    held = want.get("conn_id", "absent"), got.get("held_conn_id", "absent")
    if held[0] != held[1] and "absent" in held:
        return f"held id {held[1]!r}, there {held[0]!r}"
    return ""


def canonical(value):
    """Text in which integers and floats, and true and 1, differ; sets have no order."""
    if isinstance(value, dict):
        if list(value) == ["$set"]:
            return {"$set": sorted(json.dumps(canonical(v)) for v in value["$set"])}
        return {k: canonical(v) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return [canonical(v) for v in value]
    return f"{type(value).__name__} {value!r}"
