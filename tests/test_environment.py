"""The user's machine: no home, a tilde in a variable, a keras.json of their own. Each in a process that starts anew."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from srcnn import images

HOMELESS = """
import pwd, sys
def unknown(*_): raise KeyError("getpwuid(): uid not found: 12345")
pwd.getpwuid = unknown
from srcnn.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""As in a container that is started with a user id that it does not know, and no HOME."""

PLACES = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "KERAS_HOME", "KERAS_BACKEND", "SRCNN_DATA_DIR", "MPLCONFIGDIR")


@pytest.fixture
def srcnn(tmp_path):
    """srcnn(*arguments, NAME=value ...) runs the command in an empty folder, with none of the tests' own PLACES."""
    here = tmp_path / "here"
    here.mkdir()

    def run(*arguments, source="from srcnn.__main__ import main; sys.exit(main(sys.argv[1:]))", **variables):
        environment = {name: value for name, value in os.environ.items() if name not in PLACES}
        done = subprocess.run(
            [sys.executable, "-c", f"import sys\nsys.path.insert(0, {os.getcwd()!r})\n{source}", *arguments],
            env=environment | {name: str(value) for name, value in variables.items()},
            cwd=here, capture_output=True, text=True,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert not list(here.iterdir()), "a folder is made where the reader stands"
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture(scope="session")
def evaluate(tmp_path_factory):
    """The command that scores a model on one small picture."""
    folder = tmp_path_factory.mktemp("pictures")
    images.write(folder / "noise.png", np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8))
    return "evaluate", "--scale", "4", "--data", str(folder), "--model"


@pytest.mark.skipif(os.name == "nt", reason="Windows knows every user's home")
def test_without_a_home_everything_works_that_needs_none(srcnn, evaluate):
    for command in ([*evaluate, "fsrcnn"], ["evaluate", "--data", "sample", "--scale", "4", "--model", "bicubic"]):
        code, out, problem = srcnn(*command, source=HOMELESS)
        assert code == 0 and "mean" in out.splitlines()[-1], problem
    for variables, words in (
        ({}, "no home folder to keep datasets in; set SRCNN_DATA_DIR to a folder"),
        ({"SRCNN_DATA_DIR": "~/data"}, "SRCNN_DATA_DIR=~/data names a home folder that cannot be found"),
    ):
        code, _, problem = srcnn("download", "Set5", source=HOMELESS, **variables)
        assert code == 2 and words in problem and len(problem.splitlines()) == 1


@pytest.mark.slow
def test_a_tilde_in_keras_home_is_the_home_folder(srcnn, evaluate, tmp_path):
    code, _, problem = srcnn(*evaluate, "espcn", HOME=tmp_path, USERPROFILE=tmp_path, KERAS_HOME="~/of keras")
    assert code == 0, problem
    assert (tmp_path / "of keras" / "keras.json").is_file()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"backend": "theano"},
            r"names the backend 'theano', which Keras does not have: write tensorflow, jax or torch",
        ),
        ({"backend": 3}, "names the backend '3', which Keras does not have"),
        ({"floatx": "float8"}, "holds a wrong setting"),
        ({"image_data_format": "upside down"}, "holds a wrong setting"),
        (["a list"], "is not what Keras writes there"),
    ],
    ids=str,
)
def test_a_keras_json_that_cannot_be_used_is_named(srcnn, evaluate, tmp_path, settings, words):
    (tmp_path / "keras.json").write_text(json.dumps(settings), encoding="utf-8")
    code, _, problem = srcnn(*evaluate, "fsrcnn", KERAS_HOME=tmp_path)
    assert code == 2 and words in problem and str(tmp_path / "keras.json") in problem
    assert len(problem.splitlines()) == 1 and "pip install" not in problem


@pytest.mark.slow
def test_the_settings_of_a_keras_json_change_no_score(srcnn, evaluate, tmp_path):
    scores = []
    for number, settings in enumerate(
        [{}, {"image_data_format": "channels_first"}, {"floatx": "float16"}, {"floatx": "float64"}, "no JSON"]
    ):
        (tmp_path / str(number)).mkdir()
        text = settings if isinstance(settings, str) else json.dumps(settings)
        (tmp_path / str(number) / "keras.json").write_text(text, encoding="utf-8")
        code, out, problem = srcnn(*evaluate, "fsrcnn", KERAS_HOME=tmp_path / str(number))
        assert code == 0, problem
        scores.append(out)
    assert len(set(scores)) == 1
