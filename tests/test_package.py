"""What is shipped works where it lands: the wheel, installed alone, far from this checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]

IMPORT = """
import json, random, sys, warnings
import numpy, torch
def state():
    return {
        "threads": torch.get_num_threads(),
        "dtype": str(torch.get_default_dtype()),
        "gradients": torch.is_grad_enabled(),
        "torch's generator": hash(torch.get_rng_state().numpy().tobytes()),
        "numpy's generator": hash(numpy.random.get_state()[1].tobytes()),
        "python's generator": hash(random.getstate()),
        "filters": len(warnings.filters),
    }
before, modules = state(), set(sys.modules)
import flowviz
roots = {name.partition(".")[0] for name in set(sys.modules) - modules}
print(json.dumps({
    "file": flowviz.__file__,
    "new": sorted(roots - set(sys.stdlib_module_names) - {"flowviz", "numpy", "torch"}),
    "changed": [name for name, value in state().items() if value != before[name]],
}))
"""

FIVE_LINES = """
import flowviz as fv
data = fv.data.TwoMoons()
flow = fv.zoo.nsf(dim=2)
history = fv.fit(flow, data, steps=20)
fv.TransportPlayer(flow, data).save("two_moons.html")
"""


def run(command: list[str], **options) -> str:
    """stdout of a command that must succeed; the failure shows what it said."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    run([*build, "--wheel-dir", str(folder), str(ROOT)])
    (made,) = folder.glob("flowviz-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index"]
    run([*install, "--target", str(folder), str(wheel)])
    return folder


@pytest.fixture
def far_away(installed, tmp_path) -> dict[str, object]:
    """Options of a process that finds the installed wheel, and this checkout only after it."""
    return {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(installed)}}


def test_the_wheel_holds_all_of_the_package_and_nothing_else(wheel):
    shipped = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "flowviz").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == sources
    assert {"flowviz/widgets/static/player.js", "flowviz/layer.py"} <= shipped


def test_the_wheel_carries_licence_and_command(wheel):
    with ZipFile(wheel) as archive:
        info = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        info = info.removesuffix("METADATA")
        assert archive.read(info + "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        commands = archive.read(info + "entry_points.txt").decode()
    assert "flowviz = flowviz.cli:main" in commands


def test_importing_loads_torch_and_numpy_only_and_changes_no_global_state(installed, far_away):
    found = json.loads(run([sys.executable, "-c", IMPORT], **far_away))
    assert Path(found.pop("file")).is_relative_to(installed)
    assert found == {"new": [], "changed": []}


def test_the_five_lines_run_from_the_installed_wheel(installed, far_away, tmp_path):
    run([sys.executable, "-W", "error", "-c", FIVE_LINES], **far_away)
    assert [path.name for path in tmp_path.iterdir()] == ["two_moons.html"]
    page = (tmp_path / "two_moons.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", page)


def test_the_command_explains_itself(installed, far_away):
    command = str(installed / "bin" / "flowviz")
    assert "demo" in run([sys.executable, command, "--help"], **far_away)


def dependency_names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line).group() for line in requirements}


def test_binder_has_what_the_package_asks_for():
    """postBuild installs with --no-deps, so a dependency that is missing there is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = dependency_names(project["dependencies"])
    extras = project["optional-dependencies"]
    wanted |= dependency_names(extras["export"] + extras["lab"]) - {"flowviz"}
    listed = re.findall(r"^  - ([\w.-]+)", (ROOT / "binder/environment.yml").read_text(), re.M)
    other_names = {
        "pytorch-cpu": "torch",
        "matplotlib-base": "matplotlib",
        "nbconvert-core": "nbconvert",
    }
    assert wanted <= {other_names.get(name, name) for name in listed}


def test_binder_starts_what_it_is_given_on_one_thread():
    answer = run([str(ROOT / "binder/start"), "sh", "-c", 'echo "$0 $OMP_NUM_THREADS"', "a b"])
    assert answer == "a b 1\n"


@pytest.mark.parametrize("step", ["pip", "compileall", "import"])
def test_a_binder_build_fails_if_any_step_fails(step, tmp_path):
    fake = tmp_path / "python"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *{step}*) exit 3;; esac\n')
    fake.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    build = subprocess.run([str(ROOT / "binder/postBuild")], env=os.environ | {"PATH": path})
    assert build.returncode == 3


def tracked_texts() -> dict[str, str]:
    names = run(["git", "ls-files", "-z"], cwd=ROOT).split("\0")[:-1]
    texts = {}
    for path in filter(Path.is_file, (ROOT / name for name in names)):
        try:
            texts[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a checkpoint
    return texts


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine():
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org")
    hosts += ("deb.debian" + ".org", "download.py" + "torch.org", "conda.ana" + "conda.org")
    paths = r"(?<![\w.~$})/-])/(?:work|opt|root|tmp(?!/ipykernel))/"
    forbidden = re.compile("|".join([*map(re.escape, hosts), paths]))
    found = {
        name: hit.group()
        for name, text in tracked_texts().items()
        if (hit := forbidden.search(text))
    }
    assert not found
