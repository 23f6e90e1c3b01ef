"""Writes test/fixtures/data: files of arrays as NumPy, safetensors, pyarrow and Python's csv module write them.

    python scripts/data_fixtures.py [FOLDER]

Needs numpy, ml_dtypes, safetensors, pyarrow and torch (written with numpy 2.4.6, ml_dtypes 0.6.0, safetensors 0.8.0,
pyarrow 26.0.1, torch 2.13.0). Beside them goes expected.json: for each array its file, the options it is opened with, its
dtype and shape, and the base64 of its elements, little-endian in C order; for a file that is to be refused, a part of the
message instead.
"""

import base64
import csv
import json
import pathlib
import sys
import time
import types
import zipfile

import ml_dtypes
import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "data"
NAMES = {"f2": "float16", "f4": "float32", "f8": "float64", "i1": "int8", "u1": "uint8", "i2": "int16", "i4": "int32",
         "i8": "int64", "b1": "bool"}

# Archives record when they were written; a fixed time makes them come out the same on each run.
zipfile.time = types.SimpleNamespace(localtime=lambda *_: time.gmtime(315532800), time=time.time)


class Writer:
    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def path(self, name):
        return self.folder / name

    def expect(self, file, array, name=None, **options):
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        name = name or NAMES[array.dtype.str[1:]]
        data = array.astype(array.dtype.newbyteorder("<")) if array.dtype.kind != "V" else array
        self.entries.append({"file": file, **options, "expected_dtype": name, "expected_shape": list(array.shape),
                             "data": base64.b64encode(data.tobytes()).decode()})

    def refuse(self, file, message, **options):
        self.entries.append({"file": file, **options, "refused": message})


def sample(code, shape, seed=0):
    """Values of every kind that the dtype has, ordered so that a transposition shows."""
    count = int(np.prod(shape))
    kind = np.dtype(code).kind
    random = np.random.RandomState(seed)
    if kind == "b":
        values = random.randint(0, 2, count).astype(bool)
    elif kind in "iu":
        info = np.iinfo(code)
        values = [int(value) // 2 for value in np.linspace(info.min, info.max, max(count, 1))]
        values = np.array(([info.min, info.max, 0, 1, 7] + values)[:count])
    else:
        values = random.standard_normal(count) * 3
        values[:5] = [np.nan, np.inf, -np.inf, -0.0, 2.0 ** -14][: min(5, count)]
    return values.astype(code).reshape(shape)


def write_npy(out):
    for code in NAMES:
        array = sample(code, (5, 3))
        np.save(out.path(f"{code}.npy"), array)
        out.expect(f"{code}.npy", array)
    for code in (">f2", ">f4", ">f8", ">i2", ">i4", ">i8"):
        array = sample(code, (5, 3))
        np.save(out.path(f"big_{code[1:]}.npy"), array)
        out.expect(f"big_{code[1:]}.npy", array)
    for name, code, shape in (("fortran_2d", "f4", (7, 4)), ("fortran_3d", "f8", (4, 3, 2)), ("fortran_4d", "i2", (3, 2, 4, 2)),
                              ("fortran_u1", "u1", (6, 5)), ("fortran_big", ">i8", (5, 3)), ("fortran_empty", "f4", (0, 3))):
        array = np.asfortranarray(sample(code, shape))
        np.save(out.path(f"{name}.npy"), array)
        out.expect(f"{name}.npy", array)
    for version in ((2, 0), (3, 0)):
        name = f"version_{version[0]}.npy"
        array = sample("f4", (2, 3, 2))
        with open(out.path(name), "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        out.expect(name, array)
    for name, array in (("scalar", np.array(2.5, "f4")), ("one", np.array([7], "i8")), ("empty", np.zeros((0,), "f4")),
                        ("empty_rows", np.zeros((0, 3), "f8")), ("empty_columns", np.zeros((3, 0), "i4"))):
        np.save(out.path(f"{name}.npy"), array)
        out.expect(f"{name}.npy", array)
    brain = sample("f4", (4, 2)).astype(ml_dtypes.bfloat16)
    np.save(out.path("bfloat16.npy"), brain)
    out.expect("bfloat16.npy", brain.view("u2"), "bfloat16", dtype="bfloat16")
    out.refuse("bfloat16.npy", "if it is bfloat16, set dtype to 'bfloat16'")
    refused = {"c8": np.zeros(2, "c8"),
               "M8[s]": np.zeros(2, "M8[s]"), "U3": np.array(["abc"]), "S3": np.array([b"abc"]),
               "O": np.array([{}], dtype=object), "f16": np.zeros(2, np.longdouble)}
    for code, array in refused.items():
        name = f"refused_{code.partition('[')[0]}.npy"
        np.save(out.path(name), array, allow_pickle=True)
        out.refuse(name, f"{code}' is not supported")
    np.save(out.path("refused_structured.npy"), np.zeros(2, [("a", "f4"), ("b", "i8")]))
    out.refuse("refused_structured.npy", "structured arrays are not supported")
    sample("f4", (5, 3)).tofile(out.path("raw.bin"))
    for shape in ([5, 3], [-1, 3], [5, -1]):
        out.expect("raw.bin", sample("f4", (5, 3)), shape=shape, dtype="float32")
    for shape in ([5, 4], [-1, 4], [4, 3], [-1, 0]):
        out.refuse("raw.bin", "got 60 bytes", shape=shape, dtype="float32")


def write_npz(out):
    arrays = {"logits": sample("f4", (6, 4)), "labels": np.arange(6), "fortran": np.asfortranarray(sample("f8", (3, 5))),
              "big": sample(">i4", (4,)), "none": np.zeros((0, 2), "f4"),
              "brain": sample("f4", (5,)).astype(ml_dtypes.bfloat16)}
    np.savez(out.path("stored.npz"), **arrays)
    np.savez_compressed(out.path("deflated.npz"), **arrays)
    np.savez(out.path("only.npz"), arrays["labels"])
    for file in ("stored.npz", "deflated.npz"):
        for key, array in arrays.items():
            if key == "brain":
                out.expect(f"{file}#{key}", array.view("u2"), "bfloat16", dtype="bfloat16")
            elif key == "fortran" and file == "deflated.npz":
                out.refuse(f"{file}#{key}", "compressed arrays in Fortran order are not supported")
            else:
                out.expect(f"{file}#{key}", array)
        out.refuse(file, "expected the name of the array after '#'; arrays: 'logits', 'labels'")
        out.refuse(f"{file}#absent", "no array 'absent'")
    out.expect("only.npz", arrays["labels"])
    out.expect("only.npz#arr_0", arrays["labels"])


def write_safetensors(out):
    tensors = {f"t_{code}": torch.from_numpy(sample(code, (5, 3))) for code in NAMES}
    tensors |= {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "__proto__": torch.arange(4),
                "brain": torch.from_numpy(sample("f4", (4, 2))).bfloat16()}
    safetensors.torch.save_file(tensors, out.path("several.safetensors"), {"made by": "a test", "__proto__": "text"})
    for key, tensor in tensors.items():
        if key == "brain":
            out.expect(f"several.safetensors#{key}", tensor.view(torch.int16).numpy(), "bfloat16")
        else:
            out.expect(f"several.safetensors#{key}", tensor.numpy())
    out.refuse("several.safetensors", "expected the name of the tensor after '#'")
    out.refuse("several.safetensors#absent", "no tensor 'absent'")
    safetensors.torch.save_file({"only": torch.arange(3)}, out.path("only.safetensors"))
    out.expect("only.safetensors", np.arange(3))
    for name, dtype in (("f8_e4m3", torch.float8_e4m3fn),):
        safetensors.torch.save_file({"x": torch.zeros(4).to(dtype)}, out.path(f"refused_{name}.safetensors"))
        out.refuse(f"refused_{name}.safetensors", f'got "{name.upper()}')


def table():
    """A table whose first columns have many layouts; those that are read come after them."""
    rows = 11
    columns = {
        "text": pa.array([f"row {row}" for row in range(rows)]),
        "word": pa.array(["a", "b"] * 5 + ["a"]).dictionary_encode(),
        "ragged": pa.array([[1.0] * (row % 3) for row in range(rows)]),
        "gaps": pa.array([None if row == 4 else row for row in range(rows)], pa.int64()),
        "pair": pa.array([{"x": row, "y": "z"} for row in range(rows)]),
        "when": pa.array(range(rows), pa.timestamp("s")),
        "label": pa.array(np.arange(rows) * 3 - 5),
        "weight": pa.array(sample("f8", (rows,))),
        "half": pa.array(sample("f2", (rows,))),
        "byte": pa.array(sample("i1", (rows,))),
        "small": pa.array(sample("i2", (rows,))),
        "medium": pa.array(sample("i4", (rows,))),
        "unsigned": pa.array(sample("u1", (rows,))),
        "flag": pa.array(sample("b1", (rows,))),
        "wide": pa.array(np.arange(rows), pa.uint16()),
        "logits": pa.FixedSizeListArray.from_arrays(pa.array(sample("f4", (rows * 3,))), 3),
        "flags": pa.FixedSizeListArray.from_arrays(pa.array(sample("b1", (rows * 5,))), 5),
    }
    arrays = {"label": np.arange(rows) * 3 - 5, "weight": sample("f8", (rows,)), "half": sample("f2", (rows,)),
              "byte": sample("i1", (rows,)), "small": sample("i2", (rows,)), "medium": sample("i4", (rows,)),
              "unsigned": sample("u1", (rows,)), "flag": sample("b1", (rows,)),
              "wide": np.arange(rows, dtype="i4"), "logits": sample("f4", (rows * 3,)).reshape(rows, 3), "flags": sample("b1", (rows * 5,)).reshape(rows, 5)}
    return columns, arrays


def write_arrow(out):
    columns, arrays = table()
    cube = sample("f4", (4, 2, 3))
    inner = pa.FixedSizeListArray.from_arrays(pa.array(cube.reshape(-1)), 3)
    whole = pa.table(columns)
    with pa.ipc.new_file(out.path("table.arrow"), whole.schema) as file:
        file.write_table(whole, max_chunksize=4)
    with pa.ipc.new_stream(out.path("table.arrows"), whole.schema) as file:
        file.write_table(whole, max_chunksize=4)
    feather.write_feather(whole, out.path("table.feather"), compression="uncompressed")
    for name in ("table.arrow", "table.arrows", "table.feather"):
        for key, array in arrays.items():
            out.expect(f"{name}#{key}", array)
    out.refuse("table.arrow#gaps", "row 4: the value is missing")
    out.refuse("table.arrow#ragged", "row 0: expected 1 values, got 0")
    for key in ("text", "word", "pair", "when"):
        out.refuse(f"table.arrow#{key}", "expected numbers, booleans or lists of them")
    out.refuse("table.arrow", "row 0: expected 1 values, got 0")
    out.refuse("table.arrow#absent", "no column 'absent'")
    feather.write_feather(whole.select(["label"]), out.path("lz4.feather"), compression="lz4")
    out.expect("lz4.feather", np.arange(11) * 3 - 5)
    cubes = pa.table({"cube": pa.FixedSizeListArray.from_arrays(inner, 2)})
    with pa.ipc.new_file(out.path("cube.arrow"), cubes.schema) as file:
        file.write_table(cubes)
    out.expect("cube.arrow", cube)
    with pa.ipc.new_file(out.path("empty.arrow"), cubes.schema):
        pass
    out.expect("empty.arrow", np.zeros((0, 2, 3), "f4"))
    hole = pa.FixedSizeListArray.from_arrays(pa.array([1.0, None, 3.0, 4.0]), 2)
    with pa.ipc.new_file(out.path("null_inside.arrow"), pa.table({"x": hole}).schema) as file:
        file.write_table(pa.table({"x": hole}))
    out.refuse("null_inside.arrow", "row 0: the value is missing")
    view = pa.table({"view": pa.array(["a"] * 2, pa.string_view()), "x": pa.array([1.0, 2.0])})
    with pa.ipc.new_file(out.path("after_view.arrow"), view.schema) as file:
        file.write_table(view)
    out.expect("after_view.arrow#x", np.array([1.0, 2.0]))
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array([1]))
    unknown = pa.table({"runs": runs, "x": pa.array([1.0, 2.0])})
    with pa.ipc.new_file(out.path("after_runs.arrow"), unknown.schema) as file:
        file.write_table(unknown)
    out.refuse("after_runs.arrow#x", "Unrecognized type")


def write_parquet(out):
    columns, arrays = table()
    for name in ("word", "pair"):
        del columns[name]
    whole = pa.table(columns)
    plain = whole.select(["label", "logits", "flag"])
    pq.write_table(whole, out.path("table.parquet"), row_group_size=4, compression="snappy")
    for key, array in arrays.items():
        if key == "half":
            out.expect(f"table.parquet#{key}", array.astype("f4"))
        else:
            out.expect(f"table.parquet#{key}", array)
    for codec in ("none", "gzip", "brotli", "zstd", "lz4"):
        pq.write_table(plain, out.path(f"{codec}.parquet"), row_group_size=5, compression=codec)
        for key in plain.column_names:
            out.expect(f"{codec}.parquet#{key}", arrays[key])
    pq.write_table(plain, out.path("pages.parquet"), data_page_version="2.0", write_page_index=True, data_page_size=16,
                   use_dictionary=False, write_batch_size=2, compression="none")
    pq.write_table(plain, out.path("encoded.parquet"), use_dictionary=False, compression="none",
                   column_encoding={"label": "DELTA_BINARY_PACKED", "flag": "RLE",
                                    "logits.list.element": "BYTE_STREAM_SPLIT"})
    for name in ("pages.parquet", "encoded.parquet"):
        for key in plain.column_names:
            out.expect(f"{name}#{key}", arrays[key])
    out.refuse("table.parquet#gaps", "row 4: the value is missing")
    out.refuse("table.parquet#ragged", "expected a list with values in row 0, got an empty one")
    for key in ("text", "when"):
        out.refuse(f"table.parquet#{key}", "expected numbers, booleans or lists of them")
    out.refuse("table.parquet", "expected a list with values in row 0, got an empty one")
    pq.write_table(whole.slice(0, 0).select(["label", "logits"]), out.path("empty.parquet"))
    out.expect("empty.parquet#label", np.zeros((0,), "i8"))
    out.expect("empty.parquet#logits", np.zeros((0, 0), "f4"))
    # The same number of values as lists of equal length would have.
    uneven = pa.table({"x": pa.array([[1.0], [2.0, 3.0, 4.0]])})
    pq.write_table(uneven, out.path("uneven.parquet"))
    out.refuse("uneven.parquet", "expected 2 values in row 0, got 1")


    # Small files with row groups larger than what is decoded at once: row r holds r // 2**17. Unsigned integers are not
    # decoded page by page.
    many = np.arange(2 ** 23 + 2 ** 20) // 2 ** 17
    for name, dtype, index in (("large.parquet", "i8", False), ("large_indexed.parquet", "i8", True),
                               ("large_unsigned.parquet", "u8", False), ("large_unsigned_indexed.parquet", "u8", True)):
        pq.write_table(pa.table({"x": many.astype(dtype)}), out.path(name), row_group_size=2 ** 24, compression="zstd",
                       write_page_index=index, max_rows_per_page=2 ** 19)
    out.refuse("large_unsigned.parquet", "write it with smaller row groups or a page index")
    write_paged(out)


def write_paged(out):
    """Numbers in every way that is decoded page by page, in many pages; test/data/parquet_pages.test.ts has the formulas."""
    rows = np.arange(3000)
    words = rows * 7919 % 1500
    fixed = lambda values, size: pa.FixedSizeListArray.from_arrays(pa.array(values), size)
    hole = [None if row == 2900 else [row, row + 1] for row in rows.tolist()]
    columns = {
        **{name: pa.array((rows % 120).astype(name)) for name in ("f8", "f4", "i8", "i4", "i2", "i1", "u2", "u1")},
        "words": pa.array(words),
        "few": pa.array(rows % 3 * 0.5),
        "constant": pa.array(np.full(len(rows), 7)),
        "required": pa.array(rows),
        "missing": pa.array(rows * 1.0, mask=rows % 7 == 3),
        "missing_words": pa.array(words, mask=rows % 5 == 2),
        "none": pa.array(rows * 1.0, mask=rows >= 0),
        "list": pa.array(np.arange(3 * len(rows)).reshape(-1, 3).tolist()),
        "few_list": pa.array((np.arange(2 * len(rows)) % 5).reshape(-1, 2).tolist()),
        "fixed": fixed(np.arange(4 * len(rows)) * 0.5, 4),
        "nested": pa.array(np.arange(4 * len(rows)).reshape(-1, 2, 2).tolist()),
        "hole": pa.array(hole),
    }
    schema = pa.schema([pa.field(name, values.type, nullable=name != "required") for name, values in columns.items()])
    dictionaries = ["words", "few", "constant", "missing_words", "few_list.list.element"]
    for version in ("1.0", "2.0"):
        pq.write_table(pa.table(columns, schema), out.path(f"paged_{version[0]}.parquet"), row_group_size=1300,
                       compression="zstd", compression_level=19, data_page_version=version, data_page_size=1000,
                       write_batch_size=50, use_dictionary=dictionaries)


def write_csv(out):
    labels = [3, -1, 0, 250, 7]
    weights = [0.5, 1e-3, -2.0, 1e300, 0.1]
    texts = ['plain', 'with, a comma', 'with "quotes"', 'over\ntwo lines', '']
    for name, options in (("table.csv", {}), ("unix.csv", {"lineterminator": "\n"}),
                          ("quoted.csv", {"quoting": csv.QUOTE_ALL})):
        with open(out.path(name), "w", newline="", encoding="utf-8-sig" if name == "quoted.csv" else "utf-8") as file:
            writer = csv.writer(file, **options)
            writer.writerow(["text", "label", "a, weight", "7"])
            writer.writerows([text, label, weight, 1] for text, label, weight in zip(texts, labels, weights))
        for key in ("label", "1"):
            out.expect(f"{name}#{key}", np.array(labels))
        out.expect(f"{name}#a, weight", np.array(weights))
        out.expect(f"{name}#2", np.array(weights))
        out.refuse(f"{name}#text", "row 0 (line 2): expected a number, got 'plain'")
        out.refuse(f"{name}#8", "expected a column index below 4")
        out.refuse(f"{name}#absent", "no column 'absent'")
        out.expect(name, np.column_stack([labels, weights, np.ones(len(labels))]))
    out.expect("table.csv#label", np.array(labels, "i2"), dtype="int16")
    out.expect("table.csv#label", np.array(labels, "f4"), dtype="float32")
    out.refuse("table.csv#label", "row 1 (line 3): expected an integer from 0 to 255 for uint8, got -1", dtype="uint8")
    out.refuse("table.csv#2", "row 0 (line 2): expected a whole number for int64, got 0.5", dtype="int64")
    np.savetxt(out.path("savetxt.csv"), sample("f8", (6, 2))[3:], delimiter=",")
    out.expect("savetxt.csv#1", sample("f8", (6, 2))[3:, 1])
    np.savetxt(out.path("labels.csv"), np.arange(5), fmt="%d")
    out.expect("labels.csv", np.arange(5))


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    out = Writer(folder)
    for write in (write_npy, write_npz, write_safetensors, write_arrow, write_parquet, write_csv):
        write(out)
    lines = ",\n".join(json.dumps(entry) for entry in out.entries)
    out.path("expected.json").write_text(f"[\n{lines}\n]\n")
    print(f"{folder}: {len(out.entries)} arrays and refusals", file=sys.stderr)


if __name__ == "__main__":
    main()
