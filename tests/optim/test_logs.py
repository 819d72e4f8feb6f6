# Tests of xgrad/optim/logs.py
"""What a run logs is in the file at once, and is read as it was written."""

import csv
import struct

import numpy as np
import pytest

import xgrad as xg
from xgrad import optim
from xgrad.optim.logs import _checksum


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_is_whole_after_each_call(tmp_path):
    path = tmp_path / "run.csv"
    log = optim.CSVLog(path)
    log(0, loss=xg.asarray(0.1), accuracy=np.float32(0.5))
    assert rows(path) == [{"step": "0", "loss": "0.1", "accuracy": "0.5"}]
    log(1, loss=0.05, test=2)
    assert rows(path)[0] == {"step": "0", "loss": "0.1", "accuracy": "0.5", "test": ""}
    assert rows(path)[1] == {"step": "1", "loss": "0.05", "accuracy": "", "test": "2.0"}
    log.close()
    with optim.CSVLog(path, append=True) as log:
        log(2, loss=1.0)
    assert [r["step"] for r in rows(path)] == ["0", "1", "2"]
    with optim.CSVLog(path) as log:
        log(7, 3.0)
    assert rows(path) == [{"step": "7", "value": "3.0"}]
    assert [p.name for p in tmp_path.iterdir()] == ["run.csv"]


def test_the_checksum_is_that_of_the_standard():
    (masked,) = struct.unpack("<I", _checksum(b"123456789"))
    turned = (masked - 0xA282EAD8) & 0xFFFFFFFF
    assert (turned >> 17 | turned << 15) & 0xFFFFFFFF == 0xE3069283  # RFC 3720, appendix B.4


def records(path):
    """Return the records of a file of events, by a reader of its own."""
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        (length,) = struct.unpack("<Q", content[at : at + 8])
        assert content[at + 8 : at + 12] == _checksum(content[at : at + 8])
        data = content[at + 12 : at + 12 + length]
        assert content[at + 12 + length : at + 16 + length] == _checksum(data)
        found.append(data)
        at += 16 + length
    return found


def fields(data):
    """Return the fields of a protocol buffer: (number, value)."""
    found, at = [], 0

    def varint():
        nonlocal at
        n = shift = 0
        while True:
            byte = data[at]
            at += 1
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n

    while at < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            found.append((number, varint()))
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        found.append((number, data[at : at + size]))
        at += size
    return found


def test_tensorboard_reads_what_is_written(tmp_path):
    with optim.TensorBoardLog(tmp_path / "run") as log:
        log(3, loss=xg.asarray(0.25), **{"train/accuracy": 0.5})
        log(200, loss=-1.5)
    (path,) = (tmp_path / "run").iterdir()
    assert "tfevents" in path.name
    version, *events = (dict(fields(r)) for r in records(path))
    assert version[3] == b"brain.Event:2"
    assert [e[2] for e in events] == [3, 200]
    values = [
        {
            dict(fields(v))[1].decode(): struct.unpack("<f", dict(fields(v))[2])[0]
            for _, v in fields(e[5])
        }
        for e in events
    ]
    assert values == [{"loss": 0.25, "train/accuracy": 0.5}, {"loss": -1.5}]
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    read = list(loader.LegacyEventFileLoader(str(path)).Load())
    assert [(e.step, len(e.summary.value)) for e in read] == [(0, 0), (3, 2), (200, 1)]


def test_an_optimiser_tells_rate_and_size(tmp_path):
    path = tmp_path / "run.csv"
    with optim.CSVLog(path) as log:
        method = optim.SGD(lr=optim.Step(0.5, every=1, gamma=0.5))
        optimizer = optim.Optimizer(method, {"w": np.zeros(2)}, clip_norm=1.0, callback=log)
        for _ in range(2):
            optimizer.step({"w": np.asarray([3.0, 4.0])})
    assert [[float(x) for x in r.values()] for r in rows(path)] == [[1, 0.5, 5], [2, 0.25, 5]]


def test_it_is_a_callback_of_lbfgs(tmp_path):
    path = tmp_path / "run.csv"
    with optim.CSVLog(path) as log:
        optim.LBFGS(max_iter=5).minimize(lambda x: xg.sum((x - 1) ** 2), np.zeros(3), callback=log)
    assert list(rows(path)[0]) == ["step", "value"]


@pytest.mark.parametrize("bad", [np.ones(3), "good"])
def test_what_is_no_number(tmp_path, bad):
    with (
        optim.CSVLog(tmp_path / "a.csv") as log,
        pytest.raises(TypeError, match="expected a number"),
    ):
        log(0, loss=bad)
