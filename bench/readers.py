"""The Python side of `npm run bench -- --readers`: writes a table in each format, then times each read that it is asked for.

Arguments: a folder and the number of rows. Each line of standard input is a reader and a file; the answer is the
seconds of CPU time.
"""

import sys
import time
from pathlib import Path

import numpy
import pandas
import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.json
import pyarrow.parquet

COLUMNS = 10

READERS = {
    "numpy": numpy.load,
    "pandas": pandas.read_csv,
    "pyarrow csv": lambda path: pyarrow.csv.read_csv(path, read_options=pyarrow.csv.ReadOptions(use_threads=False)),
    "pyarrow json": lambda path: pyarrow.json.read_json(path, pyarrow.json.ReadOptions(use_threads=False)),
    "pyarrow parquet": lambda path: pyarrow.parquet.read_table(path, use_threads=False),
    "pyarrow feather": lambda path: pyarrow.feather.read_table(path, use_threads=False, memory_map=False),
}


def write(folder: Path, rows: int) -> None:
    numbers = numpy.random.default_rng(7).normal(size=(rows, COLUMNS))
    frame = pandas.DataFrame(numbers, columns=[f"logit_{column}" for column in range(COLUMNS)])
    numpy.save(folder / "table.npy", numbers)
    frame.to_csv(folder / "table.csv", index=False)
    frame.to_json(folder / "table.jsonl", orient="records", lines=True, double_precision=15)
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    pyarrow.parquet.write_table(table, folder / "table.parquet", row_group_size=2**16)
    pyarrow.feather.write_feather(table, folder / "plain.feather", compression="uncompressed")
    pyarrow.feather.write_feather(table, folder / "lz4.feather")


def main() -> None:
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    pyarrow.set_cpu_count(1)
    write(folder, rows)
    print(f"pyarrow {pyarrow.__version__}, pandas {pandas.__version__}", flush=True)
    for line in sys.stdin:
        reader, file = line.rstrip("\n").split("\t")
        start = time.process_time()
        READERS[reader](folder / file)
        print(time.process_time() - start, flush=True)


main()
