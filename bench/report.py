# SPDX-License-Identifier: MIT
"""What bench/run found, as a table for people and as JSON with every figure."""

import datetime
import json
import os
import shlex
import subprocess
import sys

import harness


def commit():
    """The commit, and whether the tree differs from it (results aside)."""
    here = os.path.dirname(os.path.abspath(__file__))

    def git(*words):
        return subprocess.run(["git", "-C", here, *words], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    name = git("rev-parse", "--short=12", "HEAD").strip() or "unknown"
    changed = git("status", "--porcelain", "--", ":/", ":(exclude,top)bench/results")
    return name + (" with local changes" if changed.strip() else "")


def command_line():
    """As it was typed, but without the names of this machine's folders."""
    words = sys.argv[1:]
    for i, word in enumerate(words):
        if os.path.isabs(word):
            words[i] = os.path.basename(word) or "/"
    return "bench/run " + shlex.join(words)


def gather(name, title, bench, cells):
    return {"question": name, "title": title, "commit": commit(),
            "command": command_line(),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
            "arrangement": "cross" if bench.cross else "same core",
            "quick": bench.quick, "pairs": bench.pairs,
            "windows": bench.windows, "machine": harness.machine(),
            "cells": cells}


def verdict(cell, quick):
    """held, missed or nothing; quick runs only tell gross misses."""
    bar = cell.get("bar")
    if bar is None or "skipped" in cell:
        return ""
    if "ratio" in cell:
        got = cell["low"] if quick else cell["ratio"]
    else:
        got = cell.get("best", cell["value"]) if quick else cell["value"]
    held = got >= bar if cell.get("least") else got <= bar
    return "held" if held else "MISSED"


def missed(result):
    return any(verdict(cell, result["quick"]) == "MISSED" for cell in result["cells"])


def ratio_row(cell, quick):
    if "skipped" in cell:
        return f"| {cell['name']} | skipped: {cell['skipped']} | | | | | | |"
    bar = "" if cell.get("bar") is None else f"{cell['bar']:.2f}"
    low, high = cell["quartiles"]
    return (f"| {cell['name']} | {cell['a_ns'] / 1000:.3f} | {cell['b_ns'] / 1000:.3f} "
            f"| {cell['ratio']:.3f} | {low:.3f} to {high:.3f} "
            f"| {cell['low']:.3f} to {cell['high']:.3f} | {bar} | {verdict(cell, quick)} |")


def value_row(cell, quick):
    if "skipped" in cell:
        return f"| {cell['name']} | skipped: {cell['skipped']} | | | |"
    bar = "" if cell.get("bar") is None else str(cell["bar"])
    if cell.get("least"):
        bar = "at least " + bar
    got = cell["value"]
    shown = f"{got:.2f}" if isinstance(got, float) and got < 1000 else f"{got:.0f}"
    return (f"| {cell['name']} | {shown} {cell['unit']} | {bar} "
            f"| {verdict(cell, quick)} | {cell['detail'] or ''} |")


def table(result):
    """Ratios first, then what stands by itself."""
    quick = result["quick"]
    values = [cell for cell in result["cells"] if "value" in cell]
    ratios = [cell for cell in result["cells"] if "ratio" in cell]
    # Skipped ones go where the others of the question are.
    (ratios or values).extend(cell for cell in result["cells"] if "skipped" in cell)
    lines = []
    if ratios:
        lines += ["| cell | A, us | B, us | B / A | quartiles | range | bar | |",
                  "|---|---|---|---|---|---|---|---|"]
        lines += [ratio_row(cell, quick) for cell in ratios]
    if ratios and values:
        lines.append("")
    if values:
        lines += ["| what | measured | bar | | |", "|---|---|---|---|---|"]
        lines += [value_row(cell, quick) for cell in values]
    return "\n".join(lines)


def write(folder, result):
    """<question>-<date>.md to read and .json with every window."""
    machine = result["machine"]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{result['question']}-{result['date'][:10]}")
    lines = [f"# {result['question']}: {result['title']}", "",
             f"- commit: {result['commit']}", f"- command: `{result['command']}`",
             f"- date: {result['date']}",
             f"- machine: {machine['cpu']}, {machine['cores']} cores, "
             f"{machine['arch']}, Linux {machine['kernel']}, "
             f"{machine['descriptors']} descriptors",
             f"- return predictor (spec_rstack_overflow): "
             f"{machine['spec_rstack_overflow']}",
             f"- load average {machine['load_average']}"]
    compared = [cell for cell in result["cells"] if "commands" in cell]
    if compared:
        lines += [f"- {result['arrangement']}, {result['pairs']} pairs of fresh "
                  f"processes, {result['windows']} windows each",
                  f"- server CPU per message; A: `{compared[0]['commands'][0]}`, "
                  f"B: `{compared[0]['commands'][1]}` (buffer as the cell needs)",
                  "- backends, as the servers said: "
                  f"A {compared[0]['backends'][0]}, B {compared[0]['backends'][1]}"]
    lines += ["", table(result), ""]
    if compared:
        lines += ["Work left to ksoftirqd and so charged to nobody, us a message "
                  "(A, B; the rest of the machine's is in it):", ""]
        lines += [f"- {cell['name']}: {cell['softirq_ns'][0] / 1000:.3f}, "
                  f"{cell['softirq_ns'][1] / 1000:.3f}" for cell in compared]
        lines += ["", "Ratio of each pair:", ""]
        lines += [f"- {cell['name']}: " +
                  " ".join(f"{pair['ratio']:.3f}" for pair in cell["pairs"])
                  for cell in compared]
        lines += ["", "Every window of every pair stands in the .json file.", ""]
    with open(path + ".md", "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
