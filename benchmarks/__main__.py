"""`python -m benchmarks`: run every case, print the tables, write results/*.json and the page about them."""

import argparse

from benchmarks import page
from benchmarks.cases import CASES
from benchmarks.machine import describe
from benchmarks.report import RESULTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)}; all of them when none is named"
    )
    parser.add_argument("--rounds", type=int, default=11, help="how often everyone has a turn (default 11)")
    parser.add_argument("--threads", type=int, default=2, help="threads that everyone may use (default 2)")
    parser.add_argument("--dry", action="store_true", help="print only, leave results/ as it is")
    parser.add_argument(
        "--beside",
        default="",
        metavar="NAME",
        help="keep them in results/NAME: of another machine than the page's first tables",
    )
    parser.add_argument("--list", action="store_true", help="say what the cases are, and do nothing")
    options = parser.parse_args()
    if options.list:
        for case in CASES.values():
            print(f"{case.name:<14} {case.measured}: {case.goal}")
        return
    for name in options.cases:
        if name not in CASES:
            parser.error(f"no case {name!r}: choose from {', '.join(CASES)}")

    machine = describe(options.threads)
    print(*(f"{key}: {value}" for key, value in machine.items()), "", sep="\n")
    if machine["load_before"] > 0.25:
        print("The machine is busy (load_before): expect numbers that cannot be repeated.\n")
    for name in options.cases or CASES:
        for table in CASES[name].run(options.rounds, options.threads):
            print(table.text(), flush=True)
            if not options.dry:
                table.save(machine, RESULTS / options.beside)
    if not options.dry:
        page.write()


if __name__ == "__main__":
    main()
