"""library.py ROOT NET FOLDER: the library from a model to answers, held against what the command made of the same."""

import json
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

import systole

root, net, folder = map(Path, sys.argv[1:])
DEMO = root / "host/demo"
LABELS = (DEMO / "labels.txt").read_text().split()
CLOCK = 1  # MHz: a simulation has to keep the deadlines of a machine


def refused(what):
    try:
        what()
    except systole.SystoleError as error:
        return error
    raise AssertionError("not refused")


def frames():
    files = sorted((DEMO / "images").glob("*.png"))
    return files, np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])


def quantised():
    network = systole.quantize(DEMO / "digits.onnx", DEMO / "calibration", preprocess="grey", labels=LABELS)
    theirs = systole.load(net)
    assert (network.hash, network.labels) == (theirs.hash, LABELS), "the command makes the same network"
    assert network.report.layers and "conv1" in str(network.report) and "<iframe" in network._repr_html_()
    assert theirs.report is None and theirs.hash in theirs._repr_html_()
    network.write(folder / "ours.net")
    assert (folder / "ours.net").read_bytes() == net.read_bytes()
    wide = systole.quantize(DEMO / "digits.onnx", DEMO / "calibration", preprocess="grey", layers={"conv1": 4}, name="other")
    assert wide.hash != network.hash and wide.name == "other"
    return network


def every_form(network, files, batch):
    want = network.infer(batch)
    grey = batch[..., 0]
    forms = {
        "files": files,
        "folder": DEMO / "images",
        "texts": [str(file) for file in files],
        "PIL": [Image.open(file) for file in files],
        "PIL of bits": [Image.open(file).convert("L") for file in files],
        "list": list(batch),
        "grey": grey,
        "grey with an axis": grey[..., None],
        "floats": batch / 255,
        "float32": (grey / 255).astype(np.float32),
    }
    for name, form in forms.items():
        assert np.array_equal(network.infer(form), want), name
    assert network.infer(files[0]).shape == (10,) and np.array_equal(network.infer(batch[0]), want[0])
    assert np.array_equal(network.infer(grey[0]), want[0]) and np.array_equal(network.infer(Image.open(files[0])), want[0])
    assert np.array_equal(network.infer(batch[:1]), want[:1])
    for wrong in (batch.astype(np.int64), batch * 1.5, np.zeros((3, 4, 5, 6)), [None], {1}, batch[..., :2]):
        refused(lambda wrong=wrong: network.infer(wrong))
    return want


def answers(build, files, batch, want):
    found = build.simulate(batch)
    assert np.array_equal(found.scores, want), "the simulator has the integers' scores"
    planned = build.plan.interval_cycles
    assert 0 <= planned - found.interval_cycles <= planned // 1000, (found.interval_cycles, planned)
    assert abs(found.images_per_second / build.plan.images_per_second - 1) < 0.01
    shown = [int(file.stem[-1]) for file in files]
    assert list(found.best()) == shown and [a.label for a in found] == [LABELS[n] for n in shown]
    one = build.simulate(files[0])
    top = one.top(3)
    assert [r.label for r in top][0] == one.label == LABELS[shown[0]] and top[0].probability > top[1].probability
    assert abs(one.probabilities.sum() - 1) < 1e-9 and one.cycles > planned
    assert LABELS[shown[0]] in one._repr_html_() and one.label in str(one) and "cycles" in found._repr_html_()
    assert np.array_equal(build.simulate(files[:2], engine="mock").scores, want[:2])


def planned(network):
    plan = systole.plan(network, "tiny", rows=4, cols=8)
    assert (plan.rows, plan.columns, plan.board) == (4, 8, "tiny") and plan.resources
    assert "array" in str(plan) and "<iframe" in plan._repr_html_() and "images/s" in repr(plan)
    slow = refused(lambda: network.plan("tiny", target_fps=1e9))
    assert slow.what and str(slow), vars(slow)
    assert refused(lambda: network.plan("tiny", no_such=1)).what == "Options"
    unknown = refused(lambda: network.plan("nowhere"))
    assert "pynq-z2" in str(unknown) and unknown.found == "nowhere" and "pynq-z2" in unknown.wanted, vars(unknown)
    lacks = refused(lambda: network.plan("tiny", max_bram18=3))
    assert (lacks.what, lacks.where, lacks.found) == ("DoesNotFit", "tiny", "3") and int(lacks.wanted) > 3, vars(lacks)
    fits = refused(lambda: network.plan("tiny", max_bram18=1))
    assert fits.what in ("DoesNotFit", "NoShape") and fits.where == "tiny", vars(fits)


def boards():
    fit = systole.fit(DEMO / "digits.onnx", DEMO / "images", ["tiny", "kv260"], preprocess="grey", compare=DEMO / "images")
    assert list(fit.networks) == ["tiny", "kv260"] and "kv260" in str(fit) and "<iframe" in fit._repr_html_()
    for board in fit.data["boards"]:
        plan = fit.networks[board["board"]].plan(board["board"])
        assert plan.interval_cycles == board["placed"]["interval_cycles"], board
    nowhere = refused(lambda: systole.fit(DEMO / "digits.onnx", DEMO / "images", ["tiny"], preprocess="grey", max_bram18=1))
    assert "no board of those asked holds" in str(nowhere), vars(nowhere)


def errors(build):
    lost = refused(lambda: systole.open("sim:/no/such"))
    assert (lost.what, lost.where) == ("NotABuild", "/no/such"), vars(lost)
    small = refused(lambda: build.simulate(np.zeros((8, 9, 3), np.uint8)))
    assert (small.what, small.found, small.wanted) == ("ImageSize", "(8, 9, 3)", "(32, 32, 3)"), vars(small)
    broken = folder / "broken.png"
    broken.write_bytes(b"no picture")
    assert refused(lambda: build.simulate(broken)).where == str(broken)
    assert refused(lambda: systole.quantize("x.onnx", [])).what and refused(lambda: systole.quantize(3, [])).what == "ModelType"
    cut = refused(lambda: systole.quantize(DEMO / "digits.onnx", DEMO / "calibration", preprocess="grey", labels=["one"]))
    assert (cut.found, cut.wanted) == ("1", "10"), vars(cut)
    assert refused(lambda: build.network.plan("tiny").build(root / "docs")).what == "FolderTaken"


def in_place_of_onnxruntime(build, batch, want):
    sessions = [onnxruntime.InferenceSession(DEMO / "digits.onnx"), systole.InferenceSession(build.path)]
    found = []
    for session in sessions:
        name = session.get_inputs()[0].name
        images = (batch[:, None, :, :, 0] / 255).astype(np.float32)
        found.append([session.run(None, {name: image[None]})[0] for image in images])
        assert session.get_outputs()[0].shape[-1] == 10
    float_scores, ours = (np.concatenate(scores) for scores in found)
    assert ours.dtype == np.float32 and np.array_equal(ours, want.astype(np.float32)), "the input is taken back to its bytes"
    assert np.array_equal(float_scores.argmax(1), ours.argmax(1))
    assert refused(lambda: sessions[1].run(None, {"x": np.zeros((1, 3, 32, 32), np.float32)})).what == "InputShape"
    assert refused(lambda: systole.InferenceSession(DEMO / "digits.onnx")).what == "NotQuantised"
    assert np.array_equal(systole.InferenceSession(net).run(["any"], {"x": (batch[:3, None, :, :, 0] / 255).astype(np.float32)})[0], ours[:3])


def from_torch(network, files, want):
    """A module is exported for its caller: here by a stand-in of torch, which knows one network."""
    torch = types.ModuleType("torch")
    torch.nn = types.SimpleNamespace(Module=type("Module", (), {}), Conv2d=type("Conv2d", (), {"in_channels": 1}))

    class Digits(torch.nn.Module):
        training = True

        def modules(self):
            return [self, torch.nn.Conv2d()]

        def parameters(self):
            return iter(())

        def eval(self):
            self.training = False

        def train(self, mode):
            self.training = mode

    def export(module, images, file, **names):
        assert not module.training and images[0] == (1, 1, 32, 32) and names["input_names"]
        Path(file).write_bytes((DEMO / "digits.onnx").read_bytes())

    torch.zeros = lambda *shape, device: shape
    torch.no_grad = lambda: warnings.catch_warnings()
    torch.onnx = types.SimpleNamespace(export=export)
    sys.modules["torch"] = torch
    module = Digits()
    assert refused(lambda: systole.quantize(module, DEMO / "calibration")).what == "InputSize"
    with systole.compile(module, DEMO / "calibration", "tiny", preprocess="grey", labels=LABELS, input_size=32) as build:
        assert module.training and build.network.hash == network.hash
        assert np.array_equal(build.simulate(files[0]).scores, want[0])
        path = build.path
    assert not path.exists(), "a temporary build goes with its object"
    del sys.modules["torch"]


def in_time(what, attempts=5):
    """The driver's deadlines are of wall time: a simulation on a busy computer may miss one, and the next attempt is as good."""
    for left in reversed(range(attempts)):
        try:
            return what()
        except systole.SystoleError:
            if not left:
                raise


def on_pynq(network, batch, want):
    build = network.plan("tiny", clock=CLOCK).build(folder / "pynq")
    results = build.path / "vivado/results"
    assert refused(lambda: build.open("pynq")).what == "NoPynq"
    sys.path.insert(0, str(root / "tests/capi/stand_in"))
    assert refused(lambda: build.open("pynq")).what == "NoBitstream"
    results.mkdir(parents=True)
    (results / "systole.hwh").touch()
    (results / "systole.bit").write_text(f"sim:{build.path}")
    with build.open("pynq") as device:
        assert np.array_equal(in_time(lambda: device.infer(batch[:6])), want[:6])
        in_time(device.check_memories)
        assert device.counters()["images_done"] >= 6 and device.name.startswith("pynq:")
    with systole.open(f"pynq:{results / 'systole.bit'}", build=build.path) as device:
        assert np.array_equal(in_time(lambda: device.infer(batch[7])), want[7])
    (results / "systole.bit").write_text(f"sim:{sys.argv[2]}")
    assert "not a build folder" in str(refused(lambda: build.open("pynq")))


def main():
    assert systole.__version__ and json.loads(json.dumps(systole.__all__))
    files, batch = frames()
    network = quantised()
    want = every_form(network, files, batch)
    planned(network)
    boards()
    with network.plan("tiny").build() as build:
        answers(build, files, batch, want)
        errors(build)
        in_place_of_onnxruntime(build, batch, want)
        agreed = build.verify(batch[:2])
        assert agreed.cycles > 0 and "golden" in repr(agreed) and "equal" in str(agreed)
        assert np.array_equal(build.simulate(batch[:2], engine="verilator").scores, want[:2])
    from_torch(network, files, want)
    on_pynq(network, batch, want)
    print("all as it should be")


main()
