"""Which Python a line of Airflow is run on, and when its releases came out.

The Python is the one that internal/airflow/version.go names for the line. Old
releases only install with packages of their time, so the installer is told to
look at nothing newer than some days after the release.
"""

# line: (Python, date up to which packages are considered; None: all)
LINES = {
    "2.3": ("3.8", "2022-09-05"),
    "2.4": ("3.8", "2022-11-25"),
    "2.5": ("3.10", "2023-04-10"),
    "2.6": ("3.10", "2023-07-20"),
    "2.7": ("3.11", "2023-11-15"),
    "2.8": ("3.11", "2024-04-02"),
    "2.9": ("3.11", "2024-07-20"),
    "2.10": ("3.11", "2025-02-20"),
    "2.11": ("3.11", None),
    "3.0": ("3.12", "2025-09-10"),
    "3.1": ("3.12", None),
    "3.2": ("3.12", None),
    "3.3": ("3.11", None),
}

# Releases that do not install with the packages of their line's date.
DATES = {
    "2.3.0": "2022-05-10",
    "2.6.0": "2023-05-05",
    "2.8.1": "2024-01-30",
    "2.8.2": "2024-03-01",
    "3.0.0": "2025-05-01",
    "3.1.0": "2025-10-05",
    "3.1.5": "2025-12-20",
    "3.1.6": "2026-02-01",
}

# PyYAML 6.0.4 lets the last mapping of `<<: [*a, *b]` win, where all before let the
# first, and nests flow collections less deep. No constraints name it yet.
PINS = ["pyyaml<6.0.4"]

NEWEST_PYTHON = "3.12"


def line(version):
    return ".".join(version.split(".")[:2])


def python(version):
    return LINES.get(line(version), (NEWEST_PYTHON, None))[0]


def date(version):
    return DATES.get(version, LINES.get(line(version), (None, None))[1])


def key(version):
    """Orders versions."""
    return tuple(int(n) for n in version.split("."))
