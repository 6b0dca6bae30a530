"""Image sets: what is read is what the authors published; what is broken is refused, whole."""

from __future__ import annotations

import errno
import gc
import gzip
import hashlib
import io
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import threading
import warnings
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from flowviz.studies import data
from flowviz.studies.data import fetch, formats, known

COUNT = 5


def idx_bytes(array: np.ndarray) -> bytes:
    """MNIST's format, from its description: 0x0000 08 dims, sizes, bytes."""
    head = [0x0800 + array.ndim, *array.shape]
    return b"".join(n.to_bytes(4, "big") for n in head) + array.tobytes()


def grey(split: str) -> tuple[np.ndarray, np.ndarray]:
    """A few real digits (N, 28, 28) and their labels."""
    train, test = data.sample("mnist")
    part = (train if split == "train" else test)[:COUNT]
    return part.images[:, 0].numpy(), part.labels.byte().numpy()


def md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content).hexdigest()


# ---------------------------------------------------------------- what is shipped


@pytest.mark.parametrize("name", data.SAMPLES)
def test_samples_are_the_first_images(name, data_folder):
    for part in data.sample(name):
        if len(part):
            whole = data.load(name, part.split, data_folder)
            assert torch.equal(part.images, whole.images[: len(part)])
            assert torch.equal(part.labels, whole.labels[: len(part)])


def test_samples_are_small_and_carry_their_terms():
    folder = Path(data.__file__).parents[1] / "samples"
    assert sum(p.stat().st_size for p in folder.iterdir()) < 600_000
    notice = (folder / "NOTICE.txt").read_text()
    for path in folder.glob("*.npz"):
        assert path.name in notice
    assert {p.stem for p in folder.glob("*.npz")} == set(data.SAMPLES)
    for name in data.SAMPLES:
        train, test = data.sample(name)
        assert f"{path_counts(train, test)}" in notice
    for words in ("Zalando", "Share Alike 3.0", "ShareAlike 4.0"):
        assert words in notice


def path_counts(train, test) -> str:
    """As the notice says it."""
    told = [f"{len(part)} {part.split}" for part in (train, test) if len(part)]
    return f"({', '.join(told)})"


def test_only_what_may_be_shipped_is():
    with pytest.raises(ValueError, match="expected one of the samples mnist.*got 'cifar10'"):
        data.sample("cifar10")


# ---------------------------------------------------------------- whole sets in a folder

# MD5 of the unpacked idx files that the authors publish.
OFFICIAL = {
    ("mnist", "train"): ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
    ("mnist", "test"): ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
    ("fashion_mnist", "test"): (
        "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965",
    ),
}  # fmt: skip


@pytest.mark.data
@pytest.mark.parametrize("name, split", OFFICIAL)
def test_grey_sets_are_the_official_ones(name, split, data_folder):
    read = data.load(name, split, data_folder)
    arrays = read.images[:, 0].numpy(), read.labels.byte().numpy()
    sums = tuple(hashlib.md5(idx_bytes(a)).hexdigest() for a in arrays)
    assert sums == OFFICIAL[name, split]


@pytest.mark.data
def test_colour_sets_are_in_order(data_folder):
    cifar = data.load("cifar10", "train", data_folder)
    mean = cifar.images.float().mean((0, 2, 3)) / 255
    assert torch.allclose(mean, torch.tensor([0.4914, 0.4822, 0.4465]), atol=1e-4)
    # as everybody sees who prints the first images
    assert cifar.images[0, :, 0, :2].T.tolist() == [[59, 62, 63], [43, 46, 45]]
    assert cifar.images[0, :, 1, 0].tolist() == [16, 20, 20]
    assert cifar.images[1, :, 0, 0].tolist() == [154, 177, 187]
    assert torch.bincount(cifar.labels).tolist() == [5000] * 10
    assert cifar.labels[:5].tolist() == [6, 9, 9, 4, 1]  # frog, truck, truck, deer, automobile
    svhn = data.load("svhn", "test", data_folder)
    assert svhn.shape == (3, 32, 32) and "first 10,000 of 26,032" in svhn.source
    assert svhn.labels[:11].tolist() == [5, 2, 1, 0, 6, 1, 9, 1, 1, 8, 3]


def test_folder_from_the_environment(tmp_path, monkeypatch, few):
    write_torchvision(tmp_path)
    monkeypatch.setenv("FLOWVIZ_DATA", str(tmp_path))
    images, labels = grey("test")
    read = data.load("mnist", "test")
    assert np.array_equal(read.images[:, 0].numpy(), images)
    assert read.labels.tolist() == labels.tolist()
    assert str(tmp_path) not in repr(read) and "FLOWVIZ_DATA" in repr(read)
    monkeypatch.setenv("FLOWVIZ_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(NotADirectoryError, match="FLOWVIZ_DATA: expected a folder"):
        data.load("mnist", "test")


@pytest.mark.parametrize("end", ["", ".gz"])
def test_torchvision_idx_layout(tmp_path, few, end):
    write_torchvision(tmp_path, end)
    for split in ("train", "test"):
        read = data.load("mnist", split, tmp_path)
        assert np.array_equal(read.images[:, 0].numpy(), grey(split)[0])


def test_torchvision_cifar_layouts(tmp_path, monkeypatch):
    """Unpacked and as the archive: rows of 3072 bytes, red first, batch after batch."""
    monkeypatch.setitem(known.SETS, "cifar10", counted("cifar10", train=10, test=2))
    rng = np.random.default_rng(0)
    rows = {name: rng.integers(0, 256, (2, 3072), dtype=np.uint8) for name in batch_names()}
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for k, name in enumerate(batch_names()):
        (folder / name).write_bytes(old_pickle(rows[name], [k, 9 - k]))
    unpacked = data.load("cifar10", "train", tmp_path)
    order = np.concatenate([rows[f"data_batch_{k}"] for k in range(1, 6)])
    assert np.array_equal(unpacked.images.numpy(), order.reshape(-1, 3, 32, 32))
    assert unpacked.labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    archive = tmp_path / "archive"
    archive.mkdir()
    with tarfile.open(archive / "cifar-10-python.tar.gz", "w:gz") as tar:
        tar.add(folder, "cifar-10-batches-py")
    for split in ("train", "test"):
        a, b = data.load("cifar10", split, tmp_path), data.load("cifar10", split, archive)
        assert torch.equal(a.images, b.images) and torch.equal(a.labels, b.labels)


def test_svhn_matlab_file(tmp_path, monkeypatch):
    io_mat = pytest.importorskip("scipy.io")
    monkeypatch.setitem(known.SETS, "svhn", counted("svhn", train=3, test=3))
    images = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 3), dtype=np.uint8)
    labels = np.array([[10], [1], [9]], np.uint8)
    io_mat.savemat(tmp_path / "train_32x32.mat", {"X": images, "y": labels})
    read = data.load("svhn", "train", tmp_path)
    assert read.labels.tolist() == [0, 1, 9]
    assert read.images[2, 1, 5, 7] == images[5, 7, 1, 2]
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(ModuleNotFoundError, match="needs scipy"):
        data.load("svhn", "train", tmp_path)


def test_a_pickle_that_runs_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(known.SETS, "cifar10", counted("cifar10", train=10, test=2))
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    trace = tmp_path / "ran"
    (folder / "test_batch").write_bytes(pickle.dumps(Trap(str(trace)), protocol=2))
    with pytest.raises(ValueError, match="test_batch.*it asks for"):
        data.load("cifar10", "test", tmp_path)
    assert not trace.exists()


class Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_missing_data_say_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected mnist/mnist_test.npz or MNIST/raw/t10k"):
        data.load("mnist", "test", tmp_path)
    with pytest.raises(ValueError, match="expected one of mnist, .*, got 'minst'"):
        data.load("minst")
    with pytest.raises(ValueError, match="expected split train or test, got 'valid'"):
        data.load("mnist", "valid")
    with pytest.raises(NotADirectoryError, match="expected a folder"):
        data.load("mnist", folder=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no such|No such"):
        write_torchvision(tmp_path)
        (tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
        data.load("mnist", "test", tmp_path)


def test_wrong_shapes_are_refused(tmp_path, few):
    (tmp_path / "mnist").mkdir()
    images, labels = grey("test")
    np.savez(tmp_path / "mnist/mnist_test.npz", images=images[:, :20], labels=labels)
    with pytest.raises(ValueError, match=r"\(5, 1, 28, 28\).*got uint8 \(5, 1, 20, 28\)"):
        data.load("mnist", "test", tmp_path)
    np.savez(tmp_path / "mnist/mnist_test.npz", images=images[:4], labels=labels[:4])
    with pytest.raises(ValueError, match=r"\(5, 1, 28, 28\) and 5 labels, got uint8 \(4, 1"):
        data.load("mnist", "test", tmp_path)
    np.savez(tmp_path / "mnist/mnist_test.npz", images=images.astype(float), labels=labels)
    with pytest.raises(ValueError, match="got float64"):
        data.load("mnist", "test", tmp_path)
    np.savez(tmp_path / "mnist/mnist_test.npz", images=images, labels=labels + 7)
    with pytest.raises(ValueError, match="expected labels 0 to 9"):
        data.load("mnist", "test", tmp_path)


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_truncated_idx(tmp_path, few, end, share):
    write_torchvision(tmp_path, end)
    path = tmp_path / f"MNIST/raw/t10k-images-idx3-ubyte{end}"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ValueError, match=f"{path.name}: expected an idx file.*got a broken"):
        data.load("mnist", "test", tmp_path)


def test_truncated_arrays_and_pictures(tmp_path, data_folder, few):
    (tmp_path / "mnist").mkdir()
    path = tmp_path / "mnist/mnist_test.npz"
    path.write_bytes((data_folder / "mnist/mnist_test.npz").read_bytes()[:100_000])
    with pytest.raises(ValueError, match="mnist_test.npz: expected an .npz"):
        data.load("mnist", "test", tmp_path)
    picture = tmp_path / "test_00.webp"
    picture.write_bytes((data_folder / "svhn/test_00.webp").read_bytes()[:200_000])
    with pytest.raises(ValueError, match="test_00.webp: expected a mosaic"):
        formats.mosaics([picture], data_folder / "svhn/labels.npz", "test10k")


# ---------------------------------------------------------------- from the network


def test_downloaded_once(served, cache):
    images, _ = grey("train")
    for _ in range(2):
        read = data.load("mnist", "train")
        assert np.array_equal(read.images[:, 0].numpy(), images)
    assert served.asked.count("/good/train-images-idx3-ubyte.gz") == 1
    assert sorted(p.name for p in cache.iterdir()) == [
        "mnist-train-images-idx3-ubyte.gz", "mnist-train-labels-idx1-ubyte.gz",
    ]  # fmt: skip


def test_a_damaged_cache_is_fetched_again(served, cache):
    data.load("mnist", "train")
    path = cache / "mnist-train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:50])
    assert len(data.load("mnist", "train")) == COUNT


def test_next_mirror(served, cache):
    served.offer("wrong", "cut", "missing", "good")
    assert len(data.load("mnist", "test")) == COUNT
    for mirror in ("wrong", "cut", "missing", "good"):
        assert f"/{mirror}/t10k-images-idx3-ubyte.gz" in served.asked


@pytest.mark.parametrize(
    "mirror, words",
    [
        ("wrong", "does not match the known hash: expected md5:.* but got"),
        ("cut", "IncompleteRead|hash"),
        ("missing", "404"),
    ],
)
def test_a_failed_download_leaves_nothing(served, cache, mirror, words):
    served.offer(mirror)
    with pytest.raises(ConnectionError, match=f"MNIST test: expected t10k-images.*{words}"):
        data.load("mnist", "test")
    assert list(cache.iterdir()) == []


def test_no_network_names_the_folder_too(served, cache, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("FLOWVIZ_DATA", str(tmp_path / "empty"))
    served.server.shutdown()
    served.server.server_close()
    with pytest.raises(ConnectionError, match="FLOWVIZ_DATA has no mnist/mnist_test.npz.*efused"):
        data.load("mnist", "test")
    assert list(cache.iterdir()) == []


def test_full_disk(served, cache, monkeypatch):
    """The 100th byte does not fit."""

    class Full(io.FileIO):
        def write(self, content: bytes) -> int:
            super().write(content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pooch.downloaders.open", lambda p, m: Full(p, "w"), raising=False)
    served.offer("good", "missing")
    with pytest.raises(
        OSError, match="cannot store t10k-images.*the disk is full.*FLOWVIZ_CACHE"
    ) as e:
        data.load("mnist", "test")
    assert e.value.errno == errno.ENOSPC
    assert list(cache.iterdir()) == []
    assert not any("missing" in path for path in served.asked)


def test_really_full_disk(served, tmp_path, monkeypatch):
    with tiny_disk(tmp_path / "disk", 16) as disk:
        monkeypatch.setenv("FLOWVIZ_CACHE", str(disk))
        served.files["t10k-images-idx3-ubyte.gz"] = os.urandom(100_000)
        with pytest.raises(OSError, match="the disk is full") as caught:
            data.load("mnist", "test")
        assert caught.value.errno == errno.ENOSPC
        assert list(disk.iterdir()) == []


def test_killed_while_downloading(served, cache):
    """No file under its own name, and the next call fetches it whole."""
    served.offer("stalled", "good")
    remote = known.SETS["mnist"].remotes["test"][0]
    code = (
        "from flowviz.studies.data.fetch import fetched\n"
        "from flowviz.studies.data.known import Remote\n"
        f"fetched({remote!r})"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], env=os.environ)
    assert served.half_sent.wait(60)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    served.go_on.set()
    assert remote.name not in {p.name for p in cache.iterdir()}
    served.offer("good")
    path = fetch.fetched(known.SETS["mnist"].remotes["test"][0])
    assert md5(path.read_bytes()) == remote.checksum


def test_unwritable_cache(served, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FLOWVIZ_CACHE", str(tmp_path / "file"))
    with pytest.raises(OSError, match="cannot store|FLOWVIZ_CACHE"):
        data.load("mnist", "test")


def test_checkpoints(served, cache, monkeypatch):
    with pytest.raises(FileNotFoundError, match="'big': expected one of those published"):
        data.fetch_checkpoint("big")
    served.files["big"] = b"weights"
    monkeypatch.setattr(known, "CHECKPOINTS_AT", served.folder("good"))
    digest = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(known, "CHECKPOINTS", {"big": f"sha256:{digest}"})
    assert data.fetch_checkpoint("big").read_bytes() == b"weights"
    with pytest.raises(FileNotFoundError, match="'small': expected one of those published .big."):
        data.fetch_checkpoint("small")


def test_checksums_are_all_there():
    """Every file of every split has one, and no two files share it."""
    files = {r for s in known.SETS.values() for split in s.remotes.values() for r in split}
    assert all(len(r.checksum) == len("md5:") + 32 and r.folders for r in files)
    assert len({r.checksum for r in files}) == len(files) == 15


# ---------------------------------------------------------------- the set itself


def test_image_set():
    train, _ = data.sample("mnist")
    rest, held = train.hold_out(12)
    assert torch.equal(torch.cat([rest.images, held.images]), train.images)
    assert len(held) == 12 and "last 12" in held.split
    framed = train[:3].padded(2)
    assert framed.shape == (1, 32, 32) and framed.dimensions == 784
    assert torch.equal(framed.images[..., 2:-2, 2:-2], train.images[:3])
    assert framed.images.sum() == train.images[:3].sum()
    assert train[[4, 2]].labels.tolist() == train.labels[[4, 2]].tolist()
    assert train.to("cpu").images.dtype == torch.uint8
    with pytest.raises(ValueError, match="expected to hold out 1 to 511 images, got 512"):
        train.hold_out(512)
    with pytest.raises(ValueError, match="margin"):
        train.padded(-1)
    with pytest.raises(TypeError, match="slice"):
        train[0]
    with pytest.raises(TypeError, match="expected images of uint8"):
        replace(train, images=train.images.float())
    with pytest.raises(ValueError, match=r"got \(512, 28, 28\)"):
        replace(train, images=train.images[:, 0])


# ---------------------------------------------------------------- the stage


def counted(name: str, **counts: int) -> known.Known:
    return replace(known.SETS[name], counts=counts)


@pytest.fixture
def few(monkeypatch):
    """MNIST is a set of COUNT images."""
    monkeypatch.setitem(known.SETS, "mnist", counted("mnist", train=COUNT, test=COUNT))


def grey_files() -> dict[str, bytes]:
    """The four gzipped idx files."""
    files = {}
    for split, stem in (("train", "train"), ("test", "t10k")):
        images, labels = map(idx_bytes, grey(split))
        files[f"{stem}-images-idx3-ubyte.gz"] = gzip.compress(images, mtime=0)
        files[f"{stem}-labels-idx1-ubyte.gz"] = gzip.compress(labels, mtime=0)
    return files


def write_torchvision(folder: Path, end: str = "") -> None:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in grey_files().items():
        packed = end == ".gz"
        path = raw / (name if packed else name.removesuffix(".gz"))
        path.write_bytes(content if packed else gzip.decompress(content))


def batch_names() -> list[str]:
    return [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]


def old_pickle(rows: np.ndarray, labels: list[int]) -> bytes:
    """A batch as Python 2 and the numpy of its day wrote it, opcode by opcode."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K" + bytes([len(rows)]) + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + rows.nbytes.to_bytes(4, "little") + rows.tobytes() + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels" + numbers + b"u."


@contextmanager
def tiny_disk(folder: Path, kilobytes: int):
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("no right to mount a file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


class Served:
    """A mirror for every mood: /good, /wrong, /cut, /missing, /stalled."""

    def __init__(self, monkeypatch) -> None:
        self.files, self.asked, self.patch = grey_files(), [], monkeypatch
        self.half_sent, self.go_on = threading.Event(), threading.Event()
        stage = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stage.asked.append(self.path)
                mood, name = self.path.strip("/").split("/")
                content = stage.files.get(name) if mood != "missing" else None
                if content is None:
                    self.send_error(404)
                    return
                if mood == "wrong":
                    content = content[:-1] + bytes([content[-1] ^ 1])
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                half = len(content) // 2
                self.wfile.write(content[: half if mood in ("cut", "stalled") else None])
                if mood == "stalled":
                    self.wfile.flush()
                    stage.half_sent.set()
                    stage.go_on.wait(60)
                    self.wfile = io.BytesIO()  # who asked is dead

            def log_message(self, *args) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.offer("good")

    def folder(self, mirror: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{mirror}/"

    def offer(self, *mirrors: str) -> None:
        """MNIST's files are found at these mirrors, in this order."""
        places = tuple(map(self.folder, mirrors))
        remotes = {
            split: tuple(
                known.Remote(name, md5(self.files[name]), places)
                for name in self.files
                if name.startswith(stem)
            )
            for split, stem in (("train", "train"), ("test", "t10k"))
        }
        changed = replace(counted("mnist", train=COUNT, test=COUNT), remotes=remotes)
        self.patch.setitem(known.SETS, "mnist", changed)


@pytest.fixture
def served(monkeypatch):
    monkeypatch.delenv("FLOWVIZ_DATA", raising=False)
    stage = Served(monkeypatch)
    yield stage
    stage.go_on.set()
    stage.server.shutdown()
    stage.server.server_close()
    with warnings.catch_warnings():  # requests leaves the socket of a broken download open
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("FLOWVIZ_CACHE", str(folder))
    return folder
