"""The part of scripts/integration/pipelines that reads YAML."""

import contextlib
import functools
import http.server
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import threading

import yaml

DIST, SCRATCH = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
ROOT = pathlib.Path.cwd()
TOOLS = SCRATCH / "tools/bin"
PIN = re.search(r'^dependencies = \["dbtconn-lint==(.*)"\]$', (ROOT / "pyproject.toml").read_text(), re.M)[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
BAD = '{"etl": {"conn_type": "dbt_cloud", "host": "https://ab123.us1.dbt.com", "login": "12345", "password": "x"}}'
failed = 0


def check(ok, what, *more):
    global failed
    if not ok:
        failed += 1
        print("FAILED:", what, *more, sep="\n")


def schema(name, path, what):
    done = subprocess.run([TOOLS / "check-jsonschema", "--builtin-schema", "vendor." + name, path], capture_output=True, text=True)
    check(done.returncode == 0, f"{what} is none of {name}", done.stdout, done.stderr)


def environment(**more):
    """That of a job: a virtual environment, whose pip finds the wheels of the release."""
    env = {k: v for k, v in os.environ.items() if k in ("HOME", "LANG", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY") or k.startswith("PIP_")}
    path = f"{SCRATCH / 'programs'}:{SCRATCH / 'job/bin'}:/usr/local/bin:/usr/bin:/bin"
    return env | {"PATH": path, "PIP_FIND_LINKS": str(DIST / "wheels"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | more


def checkout():
    """A folder with exports that have a finding each."""
    folder = SCRATCH / "checkout"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name in "config/connections.json", "dags/connections.yaml", "good/connections.json":
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(BAD)
    (folder / "good/connections.json").write_text('{"a": {"conn_type": "http", "host": "h"}}')
    shutil.copy(ROOT / "testdata/exports/airflow_settings.yaml", folder)
    return folder


def run(shell, script, folder, env):
    done = subprocess.run([*shell, "-c", script], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def action(folder, mirror, **inputs):
    """Runs the steps of action.yml as the runner does."""
    values = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()} | {"releases": mirror}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    for step in ACTION["runs"]["steps"]:
        env = environment(GITHUB_ACTION_PATH=str(ROOT), GITHUB_ACTIONS="true", RUNNER_OS="Linux", RUNNER_ARCH="X64", CURL_CA_BUNDLE=str(SCRATCH / "cert.pem"))
        for name, value in step["env"].items():
            env[name] = values[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1]]
        code, out = run(["bash", "--noprofile", "--norc", "-eo", "pipefail"], step["run"], folder, env)
        if code:
            return code, out
    return code, out


def template(folder, shell, **inputs):
    """Runs the job of GitLab's template."""
    job = gitlab(**inputs)
    env = environment(GITLAB_CI="true", CI_PROJECT_DIR=str(folder))
    env |= {k: v["value"] if isinstance(v, dict) else v for k, v in job["variables"].items()}
    return run(shell, "set -e\n" + "\n".join(job["script"]), folder, env)


def gitlab(**inputs):
    """The job of the template with its inputs filled in, as GitLab does it."""
    about, jobs = yaml.safe_load_all((ROOT / "templates/dbtconn-lint.yml").read_text())
    about = about["spec"]["inputs"]
    values = {name: str(a.get("default", "")) for name, a in about.items()} | {k.replace("_", "-"): v for k, v in inputs.items()}

    def fill(v):
        if isinstance(v, dict):
            return {k: fill(w) for k, w in v.items()}
        if isinstance(v, list):
            return [fill(w) for w in v]
        if isinstance(v, str):
            return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda m: values[m[1]], v)
        return v

    (SCRATCH / "gitlab.yml").write_text(yaml.safe_dump(fill(jobs)))
    return fill(jobs)["dbtconn-lint"]


@contextlib.contextmanager
def mirror():
    """Serves the release under the address that GitHub gives it."""
    folder = SCRATCH / "mirror"
    shutil.copytree(DIST, folder / f"download/v{PIN}", ignore=lambda _, names: [n for n in names if not re.fullmatch(r"checksums\.txt|.*_linux_amd64\.tar\.gz", n)])
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    handler.func.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SCRATCH / "cert.pem", SCRATCH / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", folder / f"download/v{PIN}"
    server.shutdown()


HOSTILE = "$(touch pwned)\n`touch pwned`\n'; touch pwned; '\n\"; touch pwned #\nPATHS\ntouch pwned\nARGS\n${{ x }}\n&& touch pwned\n"


def try_inputs(name, call):
    """What holds for the action and for the template."""
    for inputs, want, said in (
        ({}, 1, "DBT011"),
        ({"paths": "config/connections.json\n\ngood/connections.json"}, 1, "1 error"),
        ({"paths": "good/connections.json"}, 0, "no findings"),
        ({"fail_on": "never"}, 0, "DBT011"),
        ({"args": "--conn-id\netl", "paths": "config"}, 1, "DBT011"),
        ({"paths": HOSTILE + "--output=json=pwned"}, 3, "--output=json=pwned: no such file"),
        ({"args": HOSTILE}, 3, "&& touch pwned: no such file"),
        ({"fail_on": HOSTILE}, 2, "--fail-on"),
        ({"version": f"{PIN}; touch pwned"}, None, ""),
    ):
        folder = checkout()
        code, out = call(folder, **inputs)
        ok = code == want if want is not None else code not in (0, 1)
        check(ok and said in out, f"{name}: {inputs}: exit code {code} instead of {want}, or no {said!r}", out)
        check(not list(folder.rglob("pwned")), f"{name}: an input was run: {inputs}")


def snippets():
    text = (ROOT / "docs/ci.md").read_text()
    fences = text.count("```") // 2
    found = re.findall(r"<!-- ([a-z -]+) -->\n```[a-z]+\n(.*?)```\n", text, re.S)
    check(len(found) == fences, f"docs/ci.md: {fences - len(found)} snippets do not say what they are")
    return found


def steps(kind, snippet):
    """The commands of a snippet, each with its shell; None is our action."""
    bash = ["bash", "-eo", "pipefail"]
    if kind == "jenkins":
        return [(["sh", "-xe"], s) for s in re.findall(r"sh '''\n(.*?)'''", snippet, re.S)]
    if kind.startswith("sh"):
        return [(bash if kind == "sh pipefail" else ["bash"], snippet)]
    v = yaml.safe_load(snippet)
    if kind == "github-workflows":
        return [(None if "uses" in s else ["bash", "-e"], s.get("with", {}) if "uses" in s else s["run"]) for s in v["jobs"]["lint"]["steps"] if "run" in s or s["uses"].startswith("dbtconn-lint/")]
    if kind == "gitlab-ci":
        return [(bash, "\n".join(job["script"])) for job in v.values() if "script" in job]
    if kind == "circle-ci":
        return [(bash, s["run"]) for s in v["jobs"]["connections"]["steps"] if "run" in s]
    if kind == "azure-pipelines":
        return [(["bash", "-e"], s["script"]) for s in v["steps"] if "script" in s]
    if kind == "bitbucket-pipelines":
        return [(bash, "\n".join(v["pipelines"]["default"][0]["step"]["script"]))]
    return []


def try_snippet(number, kind, snippet, url):
    path = SCRATCH / f"snippet{number}.yaml"
    path.write_text(snippet)
    if kind == "pre-commit":
        done = subprocess.run([TOOLS / "pre-commit", "validate-config", path], capture_output=True, text=True)
        check(done.returncode == 0, f"pre-commit does not take {snippet}", done.stdout)
        known = {h["id"] for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        check(all(h["id"] in known for r in yaml.safe_load(snippet)["repos"] for h in r["hooks"]), f"there is no such hook: {snippet}")
        return
    if not kind.startswith("sh") and kind != "jenkins":
        schema(kind, path, snippet)
    if kind == "gitlab-ci" and "include" in yaml.safe_load(snippet):
        code, out = template(checkout(), ["bash"], **yaml.safe_load(snippet)["include"][0]["inputs"])
        check(code == 1 and "DBT011" in out, f"exit code {code} of {snippet}", out)
        return
    folder = checkout()
    # reviewdog tells nobody here, and asks for no difference.
    snippet = snippet.replace("-reporter=github-pr-review", "-reporter=local -filter-mode=nofilter -diff='git diff'")
    codes, said = [], ""
    for shell, command in steps(kind, snippet):
        code, out = action(folder, url, **command) if shell is None else run(shell, command, folder, environment(GITHUB_STEP_SUMMARY=str(folder / "summary")))
        codes.append(code)
        said += out
    want = {0} if "reviewdog" in snippet else {1} # the last of a pipe
    check(set(codes) - {0} == want - {0} and "DBT011" in said, f"exit codes {codes} of {snippet}", said)
    for report in re.findall(r" -o [a-z]+=(\S+)", snippet):
        check((folder / report).is_file(), f"no {report} after {snippet}", said)


def pins():
    """One version stands everywhere."""
    for name in "docs/ci.md", "README.md", "templates/dbtconn-lint.yml":
        text = (ROOT / name).read_text()
        for version in re.findall(r"dbtconn-lint(?:==|@v|:)(\d[\w.-]*\w)|rev: v(\S+)|/dbtconn-lint/v(\d[^/]*)/|^    version:\n.*\n      default: (.*)", text, re.M):
            check(PIN in version, f"{name} names version {''.join(version)}, pyproject.toml {PIN}")


def main():
    subprocess.run([sys.executable, "-m", "venv", SCRATCH / "job"], check=True)
    airflow = SCRATCH / "programs/airflow"
    # What 2.10 and 2.11 do, as recorded: all is printed, then it fails.
    airflow.write_text(f"#!/bin/sh\n[ \"$*\" = 'connections export - --file-format json' ] || exit 9\necho '{BAD}'\necho 'ValueError: I/O operation on closed file.' >&2\nexit 1\n")
    airflow.chmod(0o755)

    schema("github-actions", ROOT / "action.yml", "action.yml")
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        schema("github-workflows", path, path)
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            # A tag can be moved: what may write is pinned by its commit.
            pin = r"@[0-9a-f]{40}$" if "write" in job.get("permissions", {}).values() else r"@(v\d+(\.\d+)*|[0-9a-f]{40})$"
            for step in job.get("steps", []):
                check("${{" not in step.get("run", ""), f"{path}: an expression is part of a command: {step}")
                check("uses" not in step or re.search(pin, step["uses"]), f"{path}: no version, or none that stays: {step}")
    for step in ACTION["runs"]["steps"]:
        check("${{" not in step["run"], f"action.yml: an expression is part of a command: {step}")
    gitlab()
    schema("gitlab-ci", SCRATCH / "gitlab.yml", "templates/dbtconn-lint.yml")
    _, raw = yaml.safe_load_all((ROOT / "templates/dbtconn-lint.yml").read_text())
    check("$[[" not in "".join(raw["dbtconn-lint"]["script"]), "templates/dbtconn-lint.yml: an input is part of a script")
    pins()

    with mirror() as (url, folder):
        try_inputs("action", lambda where, **inputs: action(where, url, **inputs))
        for shell in ["bash", "-eo", "pipefail"], ["sh"]:
            try_inputs(f"template in {shell[0]}", lambda where, **inputs: template(where, shell, **inputs))
        for number, (kind, snippet) in enumerate(snippets()):
            try_snippet(number, kind, snippet, url)
        # A download that is not the release's.
        archive = next(folder.glob("*.tar.gz"))
        archive.write_bytes(archive.read_bytes() + b"x")
        code, out = action(checkout(), url)
        check(code == 2 and "is not what the release's checksums.txt says" in out, f"a changed archive: exit code {code}", out)
        code, out = action(checkout(), url, version="9.9.9")
        check(code == 2 and "cannot download checksums.txt of release 9.9.9" in out, f"no such release: exit code {code}", out)
    print("action, template and snippets do what they should" if not failed else f"{failed} faults")
    return failed > 0


sys.exit(main())
