"""What pip, uv, pipx, Poetry, PDM and pipenv are asked for."""

from __future__ import annotations

import pytest

from scanner.extractors import packages
from scanner.model.facts import PackageIndex, PackageManagerCall, Requirement
from scanner.scan import Options, scan_text
from scanner.sources import dockerfile

COMMIT = "0123456789abcdef" * 2 + "01234567"


def facts(text, **context):
    """The facts of the RUN lines below a FROM; ``context`` has files by name, ``_`` for ``.``."""
    files = {name.replace("__", "/").replace("_", "."): data.encode() for name, data in context.items()}
    target = dockerfile.read(f"FROM python:3.12\n{text}\n", "Dockerfile", files)
    assert target.problems == []
    found = []
    for item in target.items():
        for extractor in packages.EXTRACTORS:
            if extractor.wants(item):
                found += extractor.extract(item)
    return found


def of(kind, found):
    return [fact for fact in found if isinstance(fact, kind)]


def requirements(text, **context):
    return of(Requirement, facts(text, **context))


def call(text, **context):
    (only,) = of(PackageManagerCall, facts(text, **context))
    return only


def brief(found):
    return [(r.name, r.pinned) for r in found]


@pytest.mark.parametrize(
    "command",
    [
        "pip install torch==2.1 vllm",
        "pip3 install torch==2.1 vllm",
        "pip3.11 install --no-cache-dir torch==2.1 vllm",
        "python -m pip install -U torch==2.1 vllm",
        "python3 -m pip --no-cache-dir install --upgrade torch==2.1 vllm",
        "python3.11 -I -m pip install torch==2.1 vllm",
        "/opt/venv/bin/pip install torch==2.1 vllm",
        "$PYTHON -m pip install torch==2.1 vllm",
        "sudo -H pip install --user torch==2.1 vllm",
        "conda run -n x pip install torch==2.1 vllm",
        "sh -c 'pip install torch==2.1 vllm'",
        "pip install -t /x --index-url https://x.test/s torch==2.1 vllm",
        "pip install --progress-bar off torch==2.1 vllm",
        "pip download -d /x torch==2.1 vllm",
        "pip wheel -w /x torch==2.1 vllm",
        "uv pip install --system torch==2.1 vllm",
        "uv --quiet pip install -p 3.11 torch==2.1 vllm",
        "uv add torch==2.1 vllm",
        "poetry add torch==2.1 vllm",
        "poetry add --group dev torch==2.1 vllm",
        "poetry add torch@2.1 vllm@latest",
        "pdm add -G x torch==2.1 vllm",
        "pipenv install --system torch==2.1 vllm",
        "pipx install torch==2.1 vllm",
        "pipx inject app torch==2.1 vllm",
        "uv tool install torch==2.1 --with vllm",
        "uvx --with vllm torch@2.1 --flag word",
        "uv tool run --from torch==2.1 --with vllm cmd",
    ],
)
def test_every_spelling_of_an_install_is_read(command):
    found = requirements(f"RUN {command}")
    assert sorted(brief(found)) == [("torch", True), ("vllm", False)]
    assert {r.ecosystem for r in found} == {"pypi"}


@pytest.mark.parametrize(
    "command", ["pip list", "pip", "python -m venv x", "pip freeze", "uv", "uv venv", "python a.py -m pip install x"]
)
def test_other_commands_ask_for_nothing(command):
    assert facts(f"RUN {command}") == []


def test_each_requirement_stands_at_its_own_column():
    found = requirements('RUN pip install tensorflow \\\n    "keras>=2"')
    assert [(str(r.evidence[0].at), r.evidence[0].quote) for r in found] == [
        ("Dockerfile:2:17", "tensorflow"),
        ("Dockerfile:3:5", '"keras>=2"'),
    ]


@pytest.mark.parametrize(
    ("words", "pinned", "bounded"),
    [
        ("torch==2.1.0", True, False),
        ("torch===2.1", True, False),
        ("'torch>=2.1'", False, True),
        ("'torch==2.*'", False, True),
        ("torch", False, False),
        ("'torch!=2.0'", False, False),
        ("torch==$VERSION", None, None),
        ("torch==${VERSION:-2.1}", None, None),
        ("git+https://x.test/a/torch.git", False, False),
        (f"git+https://x.test/a/torch.git@{COMMIT}", True, False),
        ("git+https://x.test/a/torch@$REF", None, None),
        ("./torch-2.1-py3-none-any.whl", True, False),
        ("https://x.test/torch-2.1-py3-none-any.whl", True, False),
        ("'torch[cuda]==2.1'", True, False),
    ],
)
def test_pinned_is_honest(words, pinned, bounded):
    (found,) = requirements(f"ARG VERSION\nARG REF\nRUN pip install {words}")
    assert (found.name, found.pinned, found.bounded) == ("torch", pinned, bounded)


def test_a_build_argument_with_a_default_is_filled_in():
    (found,) = requirements("ARG V=2.1.0\nRUN pip install torch==${V}")
    assert (found.version, found.pinned) == ("2.1.0", True)


def test_a_word_that_is_wholly_unknown_asks_for_nothing_known():
    found = facts("ARG PKGS\nRUN pip install $PKGS --extra-index-url https://x.test/s")
    assert of(Requirement, found) == []
    assert of(PackageIndex, found)[0].all_exact is None


COPIED = "COPY . /app\nWORKDIR /app\n"


def test_a_requirements_file_is_read_and_pointed_into():
    found = requirements(COPIED + "RUN pip install -r requirements.txt", requirements_txt="# x\ntorch\nvllm==0.6\n")
    assert brief(found) == [("torch", False), ("vllm", True)]
    assert [str(e.at) for e in found[0].evidence] == ["requirements.txt:2:1", "Dockerfile:4:20"]
    assert found[0].evidence[1].note
    assert {r.declared_in for r in found} == {"requirements"}


@pytest.mark.parametrize(
    "run",
    [
        "RUN pip install -rrequirements.txt",
        "RUN xargs -n1 pip install < requirements.txt",
        "RUN cat requirements.txt | xargs pip install",
        "RUN pip install $(cat requirements.txt)",
        'SHELL ["/bin/bash", "-c"]\nRUN pip install -r <(cat requirements.txt)',
        "RUN pip install --requirement=/app/requirements.txt",
        "RUN cd sub && pip install -r ../requirements.txt",
        "RUN uv pip install -r requirements.txt",
        "RUN uv pip sync requirements.txt",
        "RUN pip-sync",
        "RUN uv add -r requirements.txt",
        "RUN pipenv install -r requirements.txt",
        "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt",
    ],
)
def test_the_file_is_found_however_it_is_named(run):
    found = requirements(COPIED + run, requirements_txt="torch\n")
    assert brief(found) == [("torch", False)]


def test_a_file_that_is_not_in_the_context_says_nothing():
    found = facts("RUN pip install -r requirements.txt --index-url https://x.test/s")
    assert of(Requirement, found) == []
    assert of(PackageIndex, found)[0].all_exact is None


def test_files_include_others_relative_to_themselves():
    found = requirements(
        COPIED + "RUN pip install -r r/a.txt",
        r__a_txt="torch\n-r b.txt\n-r c.txt\n",
        r__b_txt="vllm\n-r c.txt\n",
        r__c_txt="jax\n",
    )
    assert sorted(brief(found)) == [("jax", False), ("torch", False), ("vllm", False)]


def test_a_file_that_includes_itself_is_a_problem():
    files = {"r/a.txt": b"torch\n-r b.txt\n", "r/b.txt": b"vllm\n-r ../r/a.txt\n"}
    text = f"FROM python:3.12\n{COPIED}RUN pip install -r r/a.txt\n"
    report = scan_text(text, Options(rules=(), build_args={}, keep_facts=True), context=files)
    assert sorted(brief(of(Requirement, report.facts))) == [("torch", False), ("vllm", False)]
    (problem,) = report.problems
    assert problem.reason == "Packages: r/a.txt: it includes itself, which installers refuse"


def test_constraints_pin_names_and_ask_for_nothing_themselves():
    found = requirements(COPIED + "RUN pip install torch vllm -c c.txt", c_txt="torch==2.1.0\nother==1\n")
    assert [(r.name, r.pinned, r.version) for r in found] == [("torch", True, "2.1.0"), ("vllm", False, "")]
    assert [str(e.at) for e in found[0].evidence] == ["Dockerfile:4:17", "c.txt:1:1"]


def test_constraints_nobody_can_read_leave_it_open_whether_a_name_is_pinned():
    assert brief(requirements("RUN pip install torch vllm==1.0 -c /etc/c.txt")) == [("torch", None), ("vllm", True)]
    assert brief(requirements("ENV PIP_CONSTRAINT=/etc/c.txt\nRUN pip install torch")) == [("torch", None)]


def test_requirements_for_other_systems_are_left_out():
    found = requirements(COPIED + "RUN pip install -r r.txt", r_txt="a; sys_platform == 'win32'\nb\n")
    assert brief(found) == [("b", False)]


def test_hashes_in_a_file_mean_that_hashes_are_required():
    found = facts(COPIED + "RUN pip install -r r.txt", r_txt="torch==2.1 --hash=sha256:aa\n")
    assert of(Requirement, found)[0].hashed
    assert of(PackageManagerCall, found)[0].hashes_required
    assert call("RUN pip install --require-hashes -r r.txt").hashes_required
    assert not call("RUN pip install x").hashes_required


def test_a_file_that_cannot_be_read_is_an_error_after_all_facts():
    target = dockerfile.read(
        "FROM x\nCOPY . /\nRUN pip install -r r.txt -r s.txt\n",
        context={"r.txt": b"foo = 1\ntorch\n", "s.txt": b"vllm\n"},
    )
    found = []
    with pytest.raises(ValueError, match=r"r\.txt:1: "):
        found.extend(packages.EXTRACTORS[0].extract(target.steps[2]))
    assert [f.name for f in found if isinstance(f, Requirement)] == ["torch", "vllm"]


PROJECT = '[project]\nname = "app"\ndependencies = ["torch>=2"]\n[project.optional-dependencies]\ngpu = ["vllm"]\n'


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (".", ["app-dir", "torch"]),
        ("-e .", ["app-dir", "torch"]),
        ("-e .[gpu]", ["app-dir", "torch", "vllm"]),
        ("'.[gpu]'", ["app-dir", "torch", "vllm"]),
        ("/app/", ["app-dir", "torch"]),
    ],
)
def test_a_local_project_brings_its_dependencies(words, names):
    found = requirements(COPIED + f"RUN pip install {words}", pyproject_toml=PROJECT)
    assert [r.name for r in found if r.origin == "index"] == names[1:]
    assert [r.pinned for r in found if r.origin == "local"] == [True]
    assert [r.declared_in for r in found] == ["command"] + ["pyproject"] * (len(names) - 1)


UV_LOCK = (
    'version = 1\n[[package]]\nname = "torch"\nversion = "2.1.0"\nsource = {registry = "https://x.test"}\n'
    'wheels = [{url = "https://x.test/a.whl", hash = "sha256:aa"}]\n[[package]]\nname = "numpy"\nversion = "1.26"\n'
)


def test_uv_sync_takes_what_the_lock_file_says():
    found = facts(COPIED + "RUN uv sync --frozen", pyproject_toml=PROJECT, uv_lock=UV_LOCK)
    assert [(r.name, r.pinned, r.version, r.declared_in) for r in of(Requirement, found)] == [
        ("torch", True, "2.1.0", "lock"),
        ("numpy", True, "1.26", "lock"),
    ]
    assert of(PackageManagerCall, found)[0].lock_enforced is True
    assert str(of(Requirement, found)[0].evidence[0].at) == "uv.lock:3:9"


def test_uv_sync_without_a_lock_file_takes_what_the_project_asks_for():
    found = facts(COPIED + "RUN uv sync", pyproject_toml=PROJECT)
    assert [(r.name, r.pinned, r.declared_in) for r in of(Requirement, found)] == [("torch", False, "pyproject")]
    assert of(PackageManagerCall, found)[0].lock_enforced is False


def test_a_lock_file_that_lacks_a_package_does_not_pin_it_unless_it_decides():
    lacking = {"pyproject_toml": PROJECT.replace("torch", "jax"), "uv_lock": UV_LOCK}
    assert ("jax", False) in brief(requirements(COPIED + "RUN uv sync", **lacking))
    assert "jax" not in dict(brief(requirements(COPIED + "RUN uv sync --locked", **lacking)))


def test_a_lock_file_that_is_insisted_on_pins_even_when_it_is_not_at_hand():
    assert brief(requirements(COPIED + "RUN uv sync --frozen", pyproject_toml=PROJECT)) == [("torch", True)]


@pytest.mark.parametrize(
    ("command", "enforced"),
    [
        ("uv sync", False),
        ("uv sync --frozen", True),
        ("uv sync --locked --no-dev", True),
        ("poetry install", None),
        ("poetry update", False),
        ("pdm install", False),
        ("pdm sync", True),
        ("pdm install --frozen-lockfile", True),
        ("pipenv install", False),
        ("pipenv install --deploy --system", True),
        ("pipenv sync", True),
        ("pip install x", None),
    ],
)
def test_whether_the_lock_file_decides(command, enforced):
    assert call(f"RUN {command}").lock_enforced is enforced


def test_variables_make_the_lock_file_decide():
    assert call("ENV UV_FROZEN=1\nRUN uv sync").lock_enforced is True
    assert call("RUN UV_LOCKED=1 uv sync").lock_enforced is True


def test_poetry_takes_its_lock_file_when_there_is_one():
    project = '[tool.poetry.dependencies]\ntorch = "^2"\n'
    lock = '[[package]]\nname = "torch"\nversion = "2.1.0"\n'
    found = facts(COPIED + "RUN poetry install", pyproject_toml=project, poetry_lock=lock)
    assert brief(of(Requirement, found)) == [("torch", True)]
    assert of(PackageManagerCall, found)[0].lock_enforced is True
    assert brief(requirements(COPIED + "RUN poetry install", pyproject_toml=project)) == [("torch", False)]
    assert brief(requirements(COPIED + "RUN poetry update", pyproject_toml=project, poetry_lock=lock)) == [
        ("torch", False)
    ]


@pytest.mark.parametrize(
    ("setup", "prerelease"),
    [
        ("RUN pip install torch", False),
        ("RUN pip install --pre torch", True),
        ("ENV PIP_PRE=1\nRUN pip install torch", True),
        ("RUN uv pip install --prerelease=allow torch", True),
        ("ENV UV_PRERELEASE=allow\nRUN uv pip install torch", True),
        ("RUN pip install torch --index-url https://download.pytorch.org/whl/nightly/cu121", True),
        ("RUN pip install tf-nightly", True),
    ],
)
def test_whether_pre_releases_are_allowed(setup, prerelease):
    assert requirements(setup)[0].prerelease is prerelease


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ("RUN pip install -i https://x.test/s a==1", [("pip", "primary", "x.test", True)]),
        ("RUN pip install --extra-index-url=https://x.test/s a", [("pip", "extra", "x.test", False)]),
        ("RUN pip install -f https://x.test/l a==1", [("pip", "find-links", "x.test", True)]),
        ("RUN pip install -f /wheels a==1", [("pip", "find-links", "", True)]),
        ("RUN uv pip install --index n=https://x.test/s a==1", [("uv", "extra", "x.test", True)]),
        ("RUN uv pip install --default-index https://x.test/s a", [("uv", "primary", "x.test", False)]),
        ("ENV PIP_INDEX_URL=https://x.test/s", [("pip", "primary", "x.test", False)]),
        (
            'ENV PIP_EXTRA_INDEX_URL="https://x.test/s https://y.test/s"',
            [("pip", "extra", "x.test", False), ("pip", "extra", "y.test", False)],
        ),
        ("ARG UV_EXTRA_INDEX_URL=https://x.test/s", [("uv", "extra", "x.test", False)]),
        ("ENV UV_DEFAULT_INDEX=https://x.test/s", [("uv", "primary", "x.test", False)]),
        ("ENV PIP_FIND_LINKS=https://x.test/s", [("pip", "find-links", "x.test", False)]),
        ("RUN pip config set global.index-url https://x.test/s", [("pip", "primary", "x.test", False)]),
        ("RUN pip config set global.extra-index-url 'https://x.test/s'", [("pip", "extra", "x.test", False)]),
        ("RUN PIP_INDEX_URL=https://x.test/s pip install a", [("pip", "primary", "x.test", False)]),
        ("RUN pipx install a==1 --pip-args='--extra-index-url https://x.test/s'", [("pipx", "extra", "x.test", True)]),
        ("RUN poetry source add x https://x.test/s", [("poetry", "extra", "x.test", False)]),
        ("ARG URL\nRUN pip install --extra-index-url $URL a==1", [("pip", "extra", None, True)]),
        ("ARG CU\nRUN pip install -i https://x.test/$CU a==1", [("pip", "primary", "x.test", True)]),
    ],
)
def test_every_way_to_name_an_index_is_read(setup, expected):
    found = of(PackageIndex, facts(setup))
    assert [(i.installer, i.role, i.host, i.all_exact) for i in found] == expected


def test_indexes_in_files_point_into_the_file():
    found = facts(COPIED + "RUN pip install -r r.txt", r_txt="torch==2.1\n--extra-index-url https://x.test/s\n")
    (index,) = of(PackageIndex, found)
    assert [str(e.at) for e in index.evidence] == ["r.txt:2:19", "Dockerfile:4:20"]
    assert index.all_exact is True


@pytest.mark.parametrize(
    ("url", "encrypted", "default", "vendor"),
    [
        ("https://x.test/s", True, False, False),
        ("http://x.test/s", False, False, False),
        ("https://download.pytorch.org/whl/cu118", True, False, True),
        ("https://storage.googleapis.com/jax-releases/jax_cuda_releases.html", True, False, True),
        ("https://storage.googleapis.com/other/index.html", True, False, False),
        ("https://" + "py" + "pi.org/simple", True, True, False),
    ],
)
def test_what_is_known_of_an_index(url, encrypted, default, vendor):
    (index,) = of(PackageIndex, facts(f"RUN pip install -i {url} a"))
    assert (index.url, index.encrypted, index.is_default, index.vendor) == (url, encrypted, default, vendor)


def test_a_credential_in_an_index_url_is_never_kept():
    (index,) = of(PackageIndex, facts("RUN pip install -i https://" + "user:" + "hunter2hunter2@x.test/s a"))
    assert "hunter2" not in repr(index)
    assert index.host == "x.test"


def test_a_strategy_that_mixes_indexes_is_noted():
    (index,) = of(
        PackageIndex, facts("RUN uv pip install --index-strategy unsafe-best-match --index https://x.test/s a")
    )
    assert index.merged_by == "unsafe-best-match"
    (index,) = of(PackageIndex, facts("ENV UV_INDEX_STRATEGY=unsafe-best-match"))
    assert (index.merged_by, index.url) == ("unsafe-best-match", None)
    assert facts("ENV UV_INDEX_STRATEGY=first-index") == []


@pytest.mark.parametrize(
    ("setup", "left"),
    [
        ("RUN pip install a", True),
        ("RUN pip install --no-cache-dir a", False),
        ("RUN pip --no-cache-dir install a", False),
        ("ENV PIP_NO_CACHE_DIR=1\nRUN pip install a", False),
        ("ENV PIP_NO_CACHE_DIR=off\nRUN pip install a", False),
        ("ENV PIP_NO_CACHE_DIR=\nRUN pip install a", True),
        ("ARG X\nENV PIP_NO_CACHE_DIR=$X\nRUN pip install a", None),
        ("RUN PIP_NO_CACHE_DIR=1 pip install a", False),
        ("RUN export PIP_NO_CACHE_DIR=1 && pip install a", False),
        ("RUN pip install a && rm -rf ~/.cache/pip", False),
        ("RUN pip install a && rm -rf /root/.cache", False),
        ("RUN pip install a && rm -rf /root/.cache/*", False),
        ("RUN pip install a && rm -rf $HOME/.cache/pip/", False),
        ("RUN pip install a && rm -rf /tmp/*", True),
        ("RUN pip install a && pip cache purge", False),
        ("RUN pip install a && python -m pip cache purge", False),
        ("RUN pip install a && if true; then rm -rf ~/.cache/pip; fi", None),
        ("RUN --mount=type=cache,target=/root/.cache/pip pip install a", False),
        ("RUN --mount=type=cache,target=/root/.cache pip install a", False),
        ("RUN --mount=type=tmpfs,dst=/root/.cache pip install a", False),
        ("RUN --mount=type=cache,target=/root/.cache/uv pip install a", True),
        ("RUN --mount=type=bind,target=/root/.cache/pip pip install a", True),
        ("ENV PIP_CACHE_DIR=/c\nRUN --mount=type=cache,target=/c pip install a", False),
        ("RUN uv pip install a", True),
        ("RUN uv pip install --no-cache a", False),
        ("RUN uv sync --no-cache-dir", False),
        ("ENV UV_NO_CACHE=1\nRUN uv sync", False),
        ("ENV UV_NO_CACHE=0\nRUN uv sync", True),
        ("RUN --mount=type=cache,target=/root/.cache/uv uv sync", False),
        ("RUN uv sync && uv cache clean", False),
        ("RUN poetry install && rm -rf /root/.cache/pypoetry", False),
        ("ENV POETRY_CACHE_DIR=/tmp/p\nRUN poetry install && rm -rf $POETRY_CACHE_DIR", False),
        ("RUN poetry install", True),
        ("RUN pipx install a --pip-args=--no-cache-dir", False),
    ],
)
def test_whether_the_cache_stays_in_the_layer(setup, left):
    assert of(PackageManagerCall, facts(setup))[0].cache_left is left


@pytest.mark.parametrize(
    ("setup", "virtual"),
    [
        ("RUN pip install a", False),
        ("RUN /opt/venv/bin/pip install a", True),
        ("RUN .venv/bin/python -m pip install a", True),
        ("ENV VIRTUAL_ENV=/opt/x\nRUN pip install a", True),
        ("RUN . venv/bin/activate && pip install a", True),
        ("RUN uv pip install --system a", False),
        ("ENV UV_SYSTEM_PYTHON=1\nRUN uv pip install a", False),
        ("RUN uv sync", True),
        ("RUN pipx install a", True),
        ("ENV POETRY_VIRTUALENVS_CREATE=false\nRUN poetry install", False),
        ("RUN poetry config virtualenvs.create false && poetry install", False),
        ("RUN pipenv install --system", False),
    ],
)
def test_whether_it_installs_into_a_virtual_environment(setup, virtual):
    assert of(PackageManagerCall, facts(setup))[0].virtual_env is virtual


def test_breaking_system_packages_is_noted():
    assert call("RUN pip install --break-system-packages a").break_system_packages
    assert call("ENV PIP_BREAK_SYSTEM_PACKAGES=1\nRUN pip install a").break_system_packages
    assert not call("RUN pip install a").break_system_packages


@pytest.mark.parametrize(
    ("setup", "root"),
    [
        ("RUN pip install a", True),
        ("USER app\nRUN pip install a", False),
        ("USER 0:0\nRUN pip install a", True),
        ("USER app\nRUN sudo pip install a", True),
        ("ARG U\nUSER $U\nRUN pip install a", None),
        ("RUN gosu app pip install a", None),
    ],
)
def test_who_runs_it(setup, root):
    assert call(setup).as_root is root


def test_pip_uninstall_waits_for_an_answer():
    assert call("RUN pip uninstall a").assume_yes is False
    assert call("RUN pip uninstall -y a").assume_yes is True
    assert requirements("RUN pip uninstall -y a") == []


def test_installs_at_start_are_facts_too():
    (found,) = requirements("CMD pip install torch && python app.py")
    assert (found.name, found.pinned) == ("torch", False)


def test_only_the_stage_that_ships_ships():
    found = requirements("RUN pip install a\nFROM python:3.12 AS last\nRUN pip install b")
    assert [(r.name, r.ships, r.stage) for r in found] == [("a", False, "0"), ("b", True, "last")]
