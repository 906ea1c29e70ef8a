#!/usr/bin/env python3
"""Prints README.md's table from the rows that tests/engines/truth.sh wrote: truth_table.py DIRECTORY

One row is one build. Builds that fared alike with the tool share a line, which has ranges where the other
numbers differ; so do engines whose lines are the same.
"""
import csv
import sys
from collections import namedtuple
from pathlib import Path

Row = namedtuple("Row", "engine builder scene target cache_from service exit uncleared script tool steps")

BUILDERS = {"buildkit": "BuildKit", "buildkit-inline": "BuildKit, inline cache", "classic": "classic"}
SCENES = ["images_only", "other_apps", "containers"]
WRITERS = {"buildkit": "clearing_test.sh", "classic": "classic_test.sh"}
WORDS = {
    "cache_from": {"yes": "with `cache_from`", "no": "without `cache_from`"},
    "target": {"all": "`all`", "backend": "`backend`"},
}


def rows_of(directory):
    files = sorted(directory.glob("*.tsv"))
    for engine in sorted({file.name.split(".")[0] for file in files}):
        for builder in ("buildkit", "classic"):
            for scene in SCENES:
                file = directory / f"{engine}.{builder}.{scene}.tsv"
                if file not in files:
                    sys.exit(f"truth_table.py: {file} is missing: {WRITERS[builder]} {engine} writes it when it succeeds")
                yield from (Row(*fields) for fields in csv.reader(file.open(), delimiter="\t"))


def groups(rows, field):
    """In the order in which the values come first."""
    found = {}
    for row in rows:
        found.setdefault(getattr(row, field), []).append(row)
    return found.items()


def numbers(rows, field):
    values = sorted({int(getattr(row, field)) for row in rows})
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def steps(rows, field):
    return f"{numbers(rows, field)} of {numbers(rows, 'steps')}"


def lines_of(rows, name, fields=("cache_from", "target")):
    """What was built, with its cells; apart by as many fields as it takes for the tool's numbers to agree."""
    if fields and len({(row.exit, row.tool) for row in rows}) > 1:
        for value, part in groups(rows, fields[0]):
            yield from lines_of(part, f"{name}, {WORDS[fields[0]][value]}", fields[1:])
    else:
        yield (name, len(rows), steps(rows, "uncleared"), steps(rows, "script"),
               steps(rows, "tool"), numbers(rows, "exit"))


def table_of(rows):
    for builder, built in groups(rows, "builder"):
        same = {}
        for engine, part in groups(built, "engine"):
            same.setdefault(tuple(lines_of(part, BUILDERS[builder])), []).append(engine)
        for lines, engines in same.items():
            for line in lines:
                yield ("; ".join(engines), *line)


print("| engine | builder | builds on each | reused: nothing cleared | after the old script | after the tool | its exit status |")
print("| --- | --- | --- | --- | --- | --- | --- |")
for line in table_of(list(rows_of(Path(sys.argv[1])))):
    print("|", " | ".join(str(cell) for cell in line), "|")
