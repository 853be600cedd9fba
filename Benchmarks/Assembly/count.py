#!/usr/bin/env python3
"""Compiles the kernels for arm64 and counts what stands in their hot loops: calls, lane inserts and spills cost time there.

    Benchmarks/Assembly/count.py          needs the Swift toolchain alone

Swift's toolchain for Linux has no standard library for other targets, except for Embedded Swift; that makes the same code of
these kernels, as they import nothing. Probe.swift calls those that are looked at. Ends with 1 where a loop has more than it may.
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]

# Of each function: the fewest multiply-adds, or other vector arithmetic, of the loops that count, and how many spills they may
# have for each hundred instructions. A tile of Winograd's is 36 vectors at once, more than there are registers.
HOT = {
    "multiplyAddChains": ("fmla", 12, 0),
    "multiplyTiles": ("fmla", 8, 0),
    "transposePanels": ("zip|trn|uzp", 8, 0),
    "packTransposed": ("zip|trn|uzp", 8, 0),
    "winogradForward": ("fadd|fsub|fmul|fmla|fmls", 60, 25),
    "winogradBackwardWeights": ("fadd|fsub|fmul|fmla|fmls", 60, 25),
    "winogradWeights": ("fadd|fsub|fmul|fmla|fmls", 40, 25),
}


def assembly():
    sources = [path for path in sorted((root / "Sources/Kernels").glob("*.swift")) if "+Codable" not in path.name]
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "kernels.s"
        subprocess.run(
            ["swiftc", "-target", "aarch64-none-none-elf", "-Ounchecked", "-enforce-exclusivity=unchecked", "-wmo",
             "-parse-as-library", "-module-name", "LanesKernels", "-package-name", "lanes", "-swift-version", "6",
             "-enable-experimental-feature", "Embedded", "-Xcc", "-fno-math-errno", "-emit-assembly", "-o", target,
             *sources, root / "Benchmarks/Assembly/Probe.swift"], check=True)
        return target.read_text().splitlines()


def functions(lines):
    """Each function's name and its lines: labels and instructions."""
    name, body = None, []
    for line in lines:
        line = line.split("//")[0].rstrip()
        label = re.match(r"^(\$\S+):", line)
        if label:
            if name:
                yield name, body
            name, body = label[1], []
        elif line.startswith(".L") or re.match(r"^\t[a-z]", line):
            body.append(line.strip())
    if name:
        yield name, body


def loops(body):
    """The innermost loops: from a label to the last branch back to it, with no such loop inside."""
    places = {line[:-1]: index for index, line in enumerate(body) if line.endswith(":")}
    ends = {}
    for index, line in enumerate(body):
        target = re.match(r"^(?:b|b\.\w+|cbz|cbnz|tbz|tbnz)\s.*?(\.L\w+)$", line)
        if target and places.get(target[1], index) < index:
            ends[places[target[1]]] = index
    for start, end in ends.items():
        if not any(start < other < end for other in ends):
            yield [line for line in body[start:end + 1] if not line.endswith(":")]


def main():
    failed, seen = False, collections.Counter()
    print(f"{'kernel':26}{'instructions':>13}{'arithmetic':>12}{'calls':>7}{'inserts':>9}{'spills':>8}")
    for name, body in functions(assembly()):
        kernel = next((kernel for kernel in HOT if re.search(rf"\d{kernel}(?=[_\d])", name)), None)
        if not kernel:
            continue
        pattern, least, allowed = HOT[kernel]
        for loop in loops(body):
            arithmetic = sum(bool(re.match(rf"({pattern})", line)) for line in loop)
            if arithmetic < least:
                continue
            calls = sum(line.startswith("bl") for line in loop)
            inserts = sum(bool(re.match(r"ins\s|mov\s+v\d+\.[bhsd]\[", line)) for line in loop)
            spills = sum(bool(re.match(r"(ldr|str|ldp|stp|ldur|stur)\s+q.*\[(sp|x29)", line)) for line in loop)
            isBad = calls > 0 or inserts > 0 or 100 * spills > allowed * len(loop)
            failed |= isBad
            seen[kernel] += 1
            print(f"{kernel:26}{len(loop):13}{arithmetic:12}{calls:7}{inserts:9}{spills:8}{'  too many' * isBad}")
    for kernel in HOT:
        if not seen[kernel]:
            failed = True
            print(f"{kernel}: no hot loop was found")
    sys.exit(failed)


main()
