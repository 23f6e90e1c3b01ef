"""Writes test/fixtures/tables: small tables as pandas, pyarrow, polars, DuckDB, fastparquet, scikit-learn with NumPy, and R
themselves write them, and what they hold.

    python scripts/table_fixtures.py [FOLDER]

Needs numpy, pandas, pyarrow, polars, duckdb, fastparquet and scikit-learn (written with numpy 2.4.6, pandas 3.1.1, pyarrow
26.0.1, polars 2.1.0, duckdb 2.0.1, fastparquet 2026.9.0, scikit-learn 1.9.1). R is not needed: its files are spelled out as
write.csv and write.table of R 4 write them. Beside the files goes expected.json: for each array its file, the options it is
opened with, its dtype and shape, its classes and missing rows if there are any, and the base64 of its elements,
little-endian in C order.
"""

import base64
import decimal
import gzip
import json
import pathlib
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import sklearn.datasets
import sklearn.linear_model

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "tables"
ROWS = 12


class Writer:
    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def path(self, name):
        return str(self.folder / name)

    def text(self, name, text):
        pathlib.Path(self.path(name)).write_text(text, newline="")

    def expect(self, file, array, rows=None, classes=None, **options):
        array = np.ascontiguousarray(array)
        entry = {"file": file, "options": options, "dtype": array.dtype.name, "shape": list(array.shape),
                 "data": base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()}
        if rows is not None:
            entry["missing"] = rows
        if classes is not None:
            entry["expected_classes"] = classes
        self.entries.append(entry)


def frame():
    """A table of a classifier's predictions: a text, labels, and a column for each class."""
    random = np.random.default_rng(7)
    logits = (random.standard_normal((ROWS, 4)) * 3).astype("float32")
    columns = {"name": [f"sample {row}" for row in range(ROWS)],
               "label": random.integers(0, 4, ROWS),
               "species": [["cat", "dog", "eel, moray"][row % 3] for row in range(ROWS)],
               "flag": [row % 5 == 0 for row in range(ROWS)]}
    columns.update({f"logit_{index}": logits[:, index] for index in range(4)})
    columns["score"] = random.standard_normal(ROWS) * 10.0 ** random.integers(-12, 12, ROWS)
    return pd.DataFrame(columns), logits


def expect_frame(out, file, table, logits, **options):
    is_text = file.split(".")[1] in ("csv", "tsv", "jsonl", "ndjson")
    wide = logits.astype("float64") if is_text else logits
    if is_text:  # the decimals that were written, as float64
        wide = np.array([[float(str(value)) for value in row] for row in logits])
    out.expect(file, wide, key="logit_*", **options)
    out.expect(file, wide[:, 1:3], key="logit_1..logit_2", **options)
    out.expect(file, wide[:, [3, 0]], key="logit_3,logit_0", **options)
    out.expect(file, table["label"].to_numpy().astype("int64"), key="label", **options)
    out.expect(file, table["flag"].to_numpy(), key="flag", **options)
    out.expect(file, table["score"].to_numpy(), key="score", **options)
    names = sorted(set(table["species"]))
    codes = np.array([names.index(text) for text in table["species"]])
    out.expect(file, codes, classes=names, key="species", **options)
    mixed = np.column_stack([table["flag"].astype("float64"), wide, table["score"]])
    out.expect(file, mixed.astype("float64"), **options, **{"except": ["label"]})


def write_frames(out):
    table, logits = frame()
    table.to_csv(out.path("pandas.csv"))
    table.to_csv(out.path("pandas_plain.csv"), index=False)
    table.to_csv(out.path("pandas_semicolons.csv"), index=False, sep=";")
    table.to_csv(out.path("pandas_decimal.csv"), index=False, sep=";", decimal=",")
    table.to_csv(out.path("pandas.tsv"), index=False, sep="\t", lineterminator="\r\n", encoding="utf-8-sig")
    table.to_csv(out.path("pandas_quoted.csv"), index=False, quoting=1)
    pathlib.Path(out.path("pandas.csv.gz")).write_bytes(gzip.compress(table.to_csv(index=False).encode(), mtime=0))
    table.to_json(out.path("pandas.jsonl"), orient="records", lines=True, double_precision=15)
    table.to_parquet(out.path("pandas.parquet"))
    table.to_feather(out.path("pandas.feather"))
    table.to_parquet(out.path("fastparquet.parquet"), engine="fastparquet", index=True, row_group_offsets=5)
    arrow = pa.Table.from_pandas(table)
    feather.write_feather(arrow, out.path("zstd.feather"), compression="zstd", chunksize=5)
    feather.write_feather(arrow, out.path("lz4_chunks.feather"), compression="lz4", chunksize=5)
    with ipc.new_stream(out.path("pyarrow.arrows"), arrow.schema) as stream:
        stream.write_table(arrow, max_chunksize=7)
    pq.write_table(arrow, out.path("pyarrow_zstd.parquet"), compression="zstd", row_group_size=5)
    pa.csv.write_csv(arrow, out.path("pyarrow.csv"))
    frame_of_polars = pl.from_pandas(table)
    frame_of_polars.write_csv(out.path("polars.csv"))
    frame_of_polars.write_parquet(out.path("polars.parquet"), row_group_size=5)
    frame_of_polars.write_ipc(out.path("polars.arrow"), compression="zstd")
    frame_of_polars.write_ipc(out.path("polars_lz4.feather"), compression="lz4")
    frame_of_polars.write_ipc(out.path("polars_plain.arrow"), compression="uncompressed")
    frame_of_polars.write_ndjson(out.path("polars.ndjson"))
    duckdb.sql("CREATE TABLE t AS SELECT * FROM arrow")
    duckdb.sql(f"COPY t TO '{out.path('duckdb.csv')}' (HEADER)")
    duckdb.sql(f"COPY t TO '{out.path('duckdb.parquet')}' (FORMAT parquet)")
    duckdb.sql(f"COPY t TO '{out.path('duckdb.jsonl')}' (FORMAT json)")
    for file in ("pandas.csv", "pandas_plain.csv", "pandas_semicolons.csv", "pandas.tsv", "pandas_quoted.csv", "pandas.csv.gz",
                 "pandas.parquet", "pandas.feather", "fastparquet.parquet", "zstd.feather", "lz4_chunks.feather",
                 "pyarrow.arrows", "pyarrow_zstd.parquet", "pyarrow.csv", "polars.csv", "polars.parquet", "polars.arrow",
                 "polars_lz4.feather", "polars_plain.arrow", "duckdb.csv", "duckdb.parquet"):
        expect_frame(out, file, table, logits)
    expect_frame(out, "pandas_decimal.csv", table, logits, decimal=",")
    # pandas and DuckDB write float32 to JSON with other digits; the test expects what they wrote.
    for file in ("pandas.jsonl", "polars.ndjson", "duckdb.jsonl"):
        rows = [json.loads(line) for line in open(out.path(file))]
        out.expect(file, np.array([[row[f"logit_{index}"] for index in range(4)] for row in rows]), key="logit_*")
        out.expect(file, table["label"].to_numpy(), key="label")
        out.expect(file, table["flag"].to_numpy(), key="flag")
        out.expect(file, np.array([float(row["score"]) for row in rows]), key="score")


def write_unnamed(out):
    """Arrays without names, such as probabilities saved from scikit-learn."""
    data = sklearn.datasets.load_iris()
    model = sklearn.linear_model.LogisticRegression(max_iter=1000).fit(data.data, data.target)
    chances = model.predict_proba(data.data)[::15]
    pd.DataFrame(chances).to_csv(out.path("unnamed.csv"), index=False)
    pd.DataFrame(chances).to_csv(out.path("unnamed_index.csv"))
    np.savetxt(out.path("savetxt.csv"), chances)
    np.savetxt(out.path("savetxt_comma.csv"), chances, delimiter=",", header="a,b,c")
    np.savetxt(out.path("savetxt_labels.csv"), data.target[::15], fmt="%d")
    for file in ("unnamed.csv", "unnamed_index.csv", "savetxt.csv", "savetxt_comma.csv"):
        out.expect(file, np.array([[float(repr(float(value))) for value in row] for row in chances]))
    out.expect("savetxt_labels.csv", data.target[::15])
    pd.DataFrame(chances).to_parquet(out.path("unnamed.parquet"))
    out.expect("unnamed.parquet", chances)


def write_r(out):
    """As R 4 writes data.frame(x = c(0.1, NA, 1e-20), n = c(1L, 2L, NA), ok = c(TRUE, FALSE, NA), g = c("a", "b b", NA))."""
    out.text("r_write_csv.csv", '"","x","n","ok","g"\n"1",0.1,1,TRUE,"a"\n"2",NA,2,FALSE,"b b"\n"3",1e-20,NA,NA,NA\n')
    out.text("r_write_csv_plain.csv", '"x","n","ok","g"\n0.1,1,TRUE,"a"\nNA,2,FALSE,"b b"\n1e-20,NA,NA,NA\n')
    out.text("r_write_table.csv", '"x" "n" "ok" "g"\n"1" 0.1 1 TRUE "a"\n"2" NA 2 FALSE "b b"\n"3" 1e-20 NA NA NA\n')
    out.text("r_write_csv2.csv", '"";"x";"n";"ok";"g"\n"1";0,1;1;TRUE;"a"\n"2";NA;2;FALSE;"b b"\n"3";1e-20;NA;NA;NA\n')
    for file in ("r_write_csv.csv", "r_write_csv_plain.csv", "r_write_table.csv", "r_write_csv2.csv"):
        how = {"decimal": ","} if "csv2" in file else {}
        keep = {**how, "missing": "keep"}
        out.expect(file, np.array([0.1, 0, 1e-20]), rows=[0, 1, 0], key="x", **keep)
        out.expect(file, np.array([1, 2, 0]), rows=[0, 0, 1], key="n", **keep)
        out.expect(file, np.array([True, False, False]), rows=[0, 0, 1], key="ok", **keep)


def write_missing(out):
    """The same missing values as each library writes them by default."""
    table = pd.DataFrame({"x": [0.5, None, 2.5, 3.5], "n": pd.array([1, 2, None, 4], dtype="Int64"),
                          "g": ["a", None, "b", "a"], "y": [1.0, 2.0, 3.0, 4.0]})
    table.to_csv(out.path("missing_pandas.csv"), index=False)
    table.to_parquet(out.path("missing_pandas.parquet"))
    table.to_feather(out.path("missing_pandas.feather"))
    table.to_json(out.path("missing_pandas.jsonl"), orient="records", lines=True)
    frame_of_polars = pl.from_pandas(table)
    frame_of_polars.write_csv(out.path("missing_polars.csv"))
    frame_of_polars.write_ipc(out.path("missing_polars.arrow"))
    table["n"].to_csv(out.path("missing_single.csv"), index=False)
    frame_of_polars.select("n").write_csv(out.path("missing_single_polars.csv"))
    for file in ("missing_pandas.csv", "missing_pandas.parquet", "missing_pandas.feather", "missing_pandas.jsonl",
                 "missing_polars.csv", "missing_polars.arrow"):
        out.expect(file, np.array([0.5, 0, 2.5, 3.5]), rows=[0, 1, 0, 0], key="x", missing="keep")
        out.expect(file, np.array([1, 2, 0, 4]), rows=[0, 0, 1, 0], key="n", missing="keep")
        out.expect(file, np.array([0, 0, 1, 0]), rows=[0, 1, 0, 0], key="g", missing="keep", classes=["a", "b"])
        # JSON does not distinguish 1.0 from 1.
        whole = np.array([1, 2, 3, 4], "int64" if file.endswith("jsonl") else "float64")
        out.expect(file, whole, rows=[0, 0, 0, 0], key="y", missing="keep")
        out.expect(file, np.array([[0.5, 1], [0, 2], [2.5, 3], [3.5, 4]]), rows=[0, 1, 0, 0], key="x,y", missing="keep")
    for file in ("missing_single.csv", "missing_single_polars.csv"):
        out.expect(file, np.array([1, 2, 0, 4]), rows=[0, 0, 1, 0], missing="keep")


def write_nested(out):
    """Lists of every kind, with the same values."""
    vectors = np.arange(12, dtype="float32").reshape(4, 3) / 8
    squares = np.arange(16, dtype="int32").reshape(4, 2, 2)
    arrow = pa.table({
        "vector": pa.array(vectors.tolist(), pa.list_(pa.float32())),
        "fixed": pa.array(vectors.tolist(), pa.list_(pa.float32(), 3)),
        "large": pa.array(vectors.tolist(), pa.large_list(pa.float32())),
        "square": pa.array(squares.tolist(), pa.list_(pa.list_(pa.int32()))),
        "group": pa.array(["b", "a", "b", "b"]).dictionary_encode(),
        "code": pa.array([7, 9, 7, 7], pa.int16()).dictionary_encode(),
        "y": pa.array([0.5, 1.5, 2.5, 3.5], pa.float32()),
    })
    feather.write_feather(arrow, out.path("nested.feather"), compression="lz4", chunksize=3)
    feather.write_feather(arrow, out.path("nested_plain.arrow"), compression="uncompressed", chunksize=3)
    pq.write_table(arrow, out.path("nested.parquet"), row_group_size=3)
    nested = arrow.drop_columns(["large", "fixed"])
    with open(out.path("nested.jsonl"), "w") as file:
        for row in nested.to_pylist():
            file.write(json.dumps(row) + "\n")
    table = pd.DataFrame({"vector": vectors.tolist(), "square": squares.tolist(), "y": [0.5, 1.5, 2.5, 3.5]})
    table.to_csv(out.path("nested.csv"), index=False)
    pl.from_arrow(nested.drop_columns(["group"])).write_ipc(out.path("nested_polars.arrow"))
    pl.from_arrow(nested.drop_columns(["group"])).write_parquet(out.path("nested_polars.parquet"))
    for file in ("nested.feather", "nested_plain.arrow", "nested.parquet", "nested_polars.arrow", "nested_polars.parquet",
                 "nested.jsonl", "nested.csv"):
        is_text = file.endswith(("jsonl", "csv"))
        floats = vectors.astype("float64") if is_text else vectors
        out.expect(file, floats, key="vector")
        out.expect(file, squares.astype("int64" if is_text else "int32"), key="square")
        out.expect(file, np.column_stack([floats, np.arange(4) + 0.5]).astype(floats.dtype), key="vector,y")
        if "polars" in file or file.endswith("csv"):
            continue
        out.expect(file, np.array([1, 0, 1, 1]), classes=["a", "b"], key="group")
        out.expect(file, np.array([7, 9, 7, 7], "int64" if is_text else "int16"), key="code")
    for file in ("nested.feather", "nested_plain.arrow", "nested.parquet"):
        for key in ("fixed", "large"):
            out.expect(file, vectors, key=key)


def write_numbers(out):
    """Unsigned integers and decimals."""
    top = {"u1": 2 ** 8 - 1, "u2": 2 ** 16 - 1, "u4": 2 ** 32 - 1, "u8": 2 ** 63 - 1}
    wide = {"u1": "uint8", "u2": "int32", "u4": "int64", "u8": "int64"}
    columns = {name: pa.array([0, 1, most], {"u1": pa.uint8(), "u2": pa.uint16(), "u4": pa.uint32(), "u8": pa.uint64()}[name])
               for name, most in top.items()}
    cents = [decimal.Decimal("0.10"), decimal.Decimal("-12345678.91"), decimal.Decimal("0.30")]
    columns["money"] = pa.array(cents, pa.decimal128(12, 2))
    columns["large"] = pa.array([2 ** 63, 0, 1], pa.uint64())
    arrow = pa.table(columns)
    feather.write_feather(arrow, out.path("numbers.feather"))
    pq.write_table(arrow, out.path("numbers.parquet"))
    for file in ("numbers.feather", "numbers.parquet"):
        for name, most in top.items():
            out.expect(file, np.array([0, 1, most], wide[name]), key=name)
    out.expect("numbers.feather", np.array([float(value) for value in cents]), key="money")
    for code in ("u2", "u4", "u8"):
        array = np.array([0, 1, top[code]], code)
        np.save(out.path(f"{code}.npy"), array)
        out.expect(f"{code}.npy", array.astype(wide[code]))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    out = Writer(folder)
    for write in (write_frames, write_unnamed, write_r, write_missing, write_nested, write_numbers):
        write(out)
    for entry in out.entries:
        if "expected_classes" in entry:
            entry["options"]["classes"] = "sorted"
    (folder / "expected.json").write_text(json.dumps(out.entries, indent=0) + "\n")


if __name__ == "__main__":
    main()
