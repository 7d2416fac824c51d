"""What conda, system, Node, Ruby, Go and Rust installers are asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.extractors import packages
from scanner.model.facts import PackageIndex, PackageManagerCall, Requirement
from scanner.sources import dockerfile


def facts(text, files=None):
    """The facts of the instructions below a FROM."""
    context = {name: data.encode() for name, data in (files or {}).items()}
    target = dockerfile.read(f"FROM debian:12\n{text}\n", "Dockerfile", context)
    found = []
    for item in target.items():
        for extractor in packages.EXTRACTORS:
            if extractor.wants(item):
                found += extractor.extract(item)
    return found


def of(kind, found):
    return [fact for fact in found if isinstance(fact, kind)]


def brief(text, files=None):
    return [(r.name, r.specifier, r.pinned) for r in of(Requirement, facts(text, files))]


def calls(text):
    return of(PackageManagerCall, facts(text))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("apt-get install -y curl", [("curl", "", False)]),
        ("apt install curl=7.88.1-10", [("curl", "=7.88.1-10", True)]),
        ("aptitude install curl=7.88*", [("curl", "=7.88*", True)]),
        ("apt-get install -y curl:amd64=1.2 g++", [("curl", "=1.2", True), ("g++", "", False)]),
        ("apt-get -t bookworm-backports install -y --no-install-recommends curl", [("curl", "", False)]),
        ("apt-get install -y curl/bookworm", [("curl", "/bookworm", False)]),
        ("apt-get install -y ./x.deb /tmp/y.deb", [("./x.deb", "", True), ("/tmp/y.deb", "", True)]),
        ("apt-get install -y curl=$V", [("curl", "=$V", None)]),
        ("apt-get install -y $PKGS nano-", []),
        ("apt-get install -y -o Dpkg::Options::=--force-confnew curl", [("curl", "", False)]),
        ("apt-get update", []),
        ("apt-get remove curl", []),
        ("sudo apt-get -qq install curl", [("curl", "", False)]),
        ("apk add --no-cache curl=8.5.0-r0 git", [("curl", "=8.5.0-r0", True), ("git", "", False)]),
        (
            "apk add 'curl~8.5' 'git>2' nano@edge",
            [("curl", "~8.5", False), ("git", ">2", False), ("nano", "@edge", False)],
        ),
        ("apk add -t .deps gcc", [("gcc", "", False)]),
        ("apk add --virtual=.deps gcc !git", [("gcc", "", False)]),
        ("apk add curl=$V", [("curl", "=$V", None)]),
        ("yum install -y curl-7.76.1-26.el9", [("curl", "-7.76.1-26.el9", True)]),
        ("dnf -y install python3-3.9.18 gcc-toolset-12", [("python3", "-3.9.18", True), ("gcc-toolset-12", "", False)]),
        ("microdnf install -y curl @tools", [("curl", "", False)]),
        ("tdnf install -y ./x.rpm", [("./x.rpm", "", True)]),
        ("dnf install -y https://x.test/x.rpm", [("x.rpm", "", False)]),
        (
            "zypper -n install curl=8.0 'git>=2' nano",
            [("curl", "=8.0", True), ("git", ">=2", False), ("nano", "", False)],
        ),
        ("zypper in -y curl", [("curl", "", False)]),
        ("npm install -g pm2@5.3.0 yarn", [("pm2", "@5.3.0", True), ("yarn", "", False)]),
        (
            "npm i @a/b@^1.0.0 c@latest d@1 e@~1.2 f@1.x",
            [
                ("@a/b", "@^1.0.0", False),
                ("c", "@latest", False),
                ("d", "@1", False),
                ("e", "@~1.2", False),
                ("f", "@1.x", False),
            ],
        ),
        ("npm install ./x.tgz file:../y", [("./x.tgz", "", True), ("file:../y", "", True)]),
        ("npm install git+https://x.test/a/b.git", [("b", "@git+https://x.test/a/b.git", False)]),
        ("npm install a/b#" + "0" * 40, [("b", "@a/b#" + "0" * 40, True)]),
        ("npm install x@npm:y@1.2.3", [("x", "@1.2.3", True)]),
        ("npm ci", []),
        ("yarn add a@1.0.0", [("a", "@1.0.0", True)]),
        ("yarn global add a", [("a", "", False)]),
        ("pnpm add -g a@1.0.0-rc.1", [("a", "@1.0.0-rc.1", True)]),
        ("bun add a", [("a", "", False)]),
        ("gem install rails -v 7.0.1", [("rails", "7.0.1", True)]),
        ("gem install rails:7.0.1 rake", [("rails", "7.0.1", True), ("rake", "", False)]),
        ("gem install rails -v '~> 7'", [("rails", "~> 7", False)]),
        ("go install x.test/a/b@v1.2.3", [("x.test/a/b", "@v1.2.3", True)]),
        ("go install -ldflags -s x.test/a@latest ./cmd", [("x.test/a", "@latest", False)]),
        ("go install x.test/a@" + "0" * 40, [("x.test/a", "@" + "0" * 40, True)]),
        ("go get x.test/a", [("x.test/a", "", None)]),
        ("cargo install ripgrep", [("ripgrep", "", False)]),
        ("cargo install --locked ripgrep@14.1.0", [("ripgrep", "@14.1.0", True)]),
        ("cargo install ripgrep --version 14.1.0", [("ripgrep", "14.1.0", True)]),
        ("cargo install --git https://x.test/a.git --tag v1", [("a", "@https://x.test/a.git", False)]),
        ("cargo install --git https://x.test/a --rev " + "0" * 40, [("a", "@https://x.test/a", True)]),
        ("cargo install --path .", []),
        ("cargo build", []),
        ("conda install -y pytorch=2.1.0 numpy", [("pytorch", "=2.1.0", True), ("numpy", "", False)]),
        ("conda install -c nvidia -n base cuda=12.1", [("cuda", "=12.1", False)]),
        ("mamba create -n x python=3.10 'scipy>=1'", [("python", "=3.10", False), ("scipy", ">=1", False)]),
        ("micromamba install -y -n base -c conda-forge pytorch==2.1", [("pytorch", "==2.1", True)]),
        ("/opt/conda/bin/conda install pytorch::pytorch", [("pytorch", "", False)]),
        ("pixi add pytorch==2.1", [("pytorch", "==2.1", True)]),
        ("pixi global install ruff", [("ruff", "", False)]),
        ("pixi add --pypi torch==2.1", [("torch", "==2.1", True)]),
        ("conda remove x", []),
    ],
)
def test_every_spelling_of_an_install_is_read(command, expected):
    assert brief(f"ARG V\nARG PKGS\nRUN {command}") == expected


@pytest.mark.parametrize(
    ("command", "ecosystem", "family", "action"),
    [
        ("apt-get install x", "deb", "apt", "install"),
        ("apk add x", "apk", "apk", "install"),
        ("dnf install x", "rpm", "rpm", "install"),
        ("zypper install x", "rpm", "zypper", "install"),
        ("npm install x", "npm", "node", "install"),
        ("gem install x", "gem", "ruby", "install"),
        ("go install a.b/c@v1.0.0", "go", "go", "install"),
        ("cargo install x", "cargo", "rust", "install"),
        ("conda install x", "conda", "conda", "install"),
    ],
)
def test_ecosystem_family_and_action(command, ecosystem, family, action):
    call, requirement = facts(f"RUN {command}")
    assert (requirement.ecosystem, call.family, call.action) == (ecosystem, family, action)
    assert call.manager == requirement.installer == command.split()[0]


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("apt-get update", "update"),
        ("apt-get upgrade -y", "upgrade"),
        ("apt-get dist-upgrade -y", "upgrade"),
        ("apt full-upgrade", "upgrade"),
        ("apt-get purge x", "remove"),
        ("apt-get clean", "clean"),
        ("apk update", "update"),
        ("apk upgrade", "upgrade"),
        ("apk del .deps", "remove"),
        ("yum update -y", "upgrade"),
        ("dnf makecache", "update"),
        ("zypper ref", "update"),
        ("zypper dup", "upgrade"),
        ("npm ci", "install"),
        ("yarn", "install"),
        ("yarn install", "install"),
        ("bundle install", "install"),
        ("conda update --all", "upgrade"),
        ("conda clean -a", "clean"),
    ],
)
def test_each_action_is_a_call(command, action):
    (call,) = calls(f"RUN {command}")
    assert call.action == action


@pytest.mark.parametrize(
    ("command", "yes"),
    [
        ("apt-get install x", False),
        ("apt-get install -y x", True),
        ("apt-get -y install x", True),
        ("apt-get install -yq x", True),
        ("apt-get install -qqy x", True),
        ("apt-get install -qq x", True),
        ("apt-get install -q -q x", True),
        ("apt-get install --quiet --quiet x", True),
        ("apt-get install -q=2 x", True),
        ("apt-get install -q x", False),
        ("apt-get install --assume-yes x", True),
        ("apt-get install --yes x", True),
        ("apt-get install -o APT::Get::Assume-Yes=true x", True),
        ("apt-get install -o=APT::Get::Assume-Yes=1 x", True),
        ("yes | apt-get install x", True),
        ("DEBIAN_FRONTEND=noninteractive apt-get install x", False),
        ("apt-get upgrade", False),
        ("apt-get update", True),
        ("apk add x", True),
        ("apk add -i x", False),
        ("yum install x", False),
        ("yum -y install x", True),
        ("dnf install --assumeyes x", True),
        ("microdnf install -y x", True),
        ("zypper install x", False),
        ("zypper -n install x", True),
        ("zypper --non-interactive in x", True),
        ("zypper in -y x", True),
        ("zypper in --no-confirm x", True),
        ("conda install x", False),
        ("conda install -y x", True),
        ("conda install -yq x", True),
        ("conda create --yes -n x y", True),
        ("CONDA_ALWAYS_YES=true conda install x", True),
        ("conda config --set always_yes yes && conda install x", True),
        ("conda env create", True),
        ("npm install x", True),
    ],
)
def test_whether_it_waits_for_an_answer(command, yes):
    assert calls(f"RUN {command}")[-1].assume_yes is yes


@pytest.mark.parametrize(
    ("command", "only"),
    [
        ("apt-get install x", False),
        ("apt-get install --no-install-recommends x", True),
        ("apt-get install -o APT::Install-Recommends=false x", True),
        ("apt-get install -o APT::Install-Recommends=0 x", True),
        ("apt-get install -o 'APT::Install-Recommends=\"false\"' x", True),
        ("apt-get update", None),
        ("zypper in --no-recommends x", True),
        ("dnf install --setopt=install_weak_deps=False x", True),
        ("dnf install x", False),
        ("yum install x", None),
        ("apk add x", None),
    ],
)
def test_whether_recommended_packages_come_along(command, only):
    assert calls(f"RUN {command}")[0].no_recommends is only


APT = "apt-get update && apt-get install -y x"


@pytest.mark.parametrize(
    ("run", "left"),
    [
        (APT, True),
        (f"{APT} && rm -rf /var/lib/apt/lists/*", False),
        (f"{APT} && rm -rf /var/lib/apt/lists", False),
        (f"{APT} && rm -rf /var/lib/apt/lists/", False),
        (f"{APT} && rm -rf /var/lib/apt/", False),
        (f"{APT} && rm -rf /tmp/* /var/lib/apt/lists/* /var/tmp/*", False),
        (f"{APT} && rm -fr -- /var/lib/apt/lists/*", False),
        (f"{APT} && rm -rf /var/lib/{{apt,dpkg,cache}}/", False),
        (f"{APT} && sudo rm -rf /var/lib/apt/lists/*", False),
        (f"{APT}; rm -r /var/lib/apt/lists/*", False),
        (f"{APT} && find /var/lib/apt/lists -type f -delete", False),
        (f"{APT} && apt-get dist-clean", False),
        (f"{APT} && apt-get clean", True),
        (f"{APT} && rm -rf /var/cache/apt/*", True),
        (f"{APT} && rm -rf /var/lib/apt/lists/partial", True),
        (f"--mount=type=cache,target=/var/lib/apt {APT}", False),
        (f"--mount=type=cache,target=/var/lib/apt/lists,sharing=locked {APT}", False),
        (f"--mount=type=tmpfs,target=/var/lib/apt/lists {APT}", False),
        (f"--mount=type=cache,target=/var/cache/apt {APT}", True),
    ],
)
def test_whether_the_apt_lists_stay(run, left):
    assert calls(f"RUN {run}")[0].cache_left is left


@pytest.mark.parametrize(
    ("run", "left"),
    [
        (APT, None),
        (f"{APT} && apt-get clean", False),
        (f"{APT} && rm -rf /var/cache/apt/archives/*", False),
        (f"--mount=type=cache,target=/var/cache/apt,sharing=locked {APT}", False),
    ],
)
def test_whether_apt_packages_stay_depends_on_the_base(run, left):
    assert calls(f"RUN {run}")[1].cache_left is left


@pytest.mark.parametrize(
    ("run", "left"),
    [
        ("apk add x", True),
        ("apk add --no-cache x", False),
        ("apk --no-cache add x", False),
        ("apk add x && rm -rf /var/cache/apk/*", False),
        ("--mount=type=cache,target=/var/cache/apk apk add x", False),
        ("yum install -y x", True),
        ("yum install -y x && yum clean all", False),
        ("yum install -y x && yum -y clean all && rm -rf /var/cache/yum", False),
        ("dnf install -y x && dnf clean all", False),
        ("dnf install -y x && rm -rf /var/cache/dnf", False),
        ("microdnf install -y x && microdnf clean all", False),
        ("dnf install -y x && dnf clean metadata", True),
        ("zypper in -y x && zypper clean -a", False),
        ("zypper in -y x && zypper cc", False),
        ("zypper in -y x", True),
        ("conda install -y x", True),
        ("conda install -y x && conda clean -a", False),
        ("conda install -y x && conda clean -afy", False),
        ("conda install -y x && conda clean --all --yes", False),
        ("conda install -y x && conda clean -ya", False),
        ("conda install -y x && conda clean -y --index-cache", True),
        ("micromamba install -y x && micromamba clean --all --yes", False),
        ("conda install -y x && rm -rf /opt/conda/pkgs/*", False),
        ("--mount=type=cache,target=/opt/conda/pkgs conda install -y x", False),
        ("npm install x", True),
        ("npm install x && npm cache clean --force", False),
        ("npm ci && rm -rf ~/.npm", False),
        ("--mount=type=cache,target=/root/.npm npm ci", False),
        ("yarn install && yarn cache clean", False),
        ("yarn install", True),
        ("pnpm install", True),
        ("gem install x", None),
    ],
)
def test_whether_other_caches_stay(run, left):
    assert calls(f"RUN {run}")[0].cache_left is left


@pytest.mark.parametrize(
    ("run", "alone"),
    [
        ("apt-get update", True),
        ("apt-get update && apt-get install -y x", False),
        ("apt-get update && apt-get -y upgrade", False),
        ("apt-get update && apt-get build-dep -y x", False),
        ("apt-get update && apk add x", True),
        ("apk update", True),
        ("apk update && apk add x", False),
        ("zypper ref", True),
        ("zypper ref && zypper in -y x", False),
        ("dnf makecache && dnf install -y x", False),
        ("dnf makecache", True),
        ("<<EOF\napt-get update\napt-get install -y x\nEOF", False),
    ],
)
def test_whether_lists_are_updated_alone(run, alone):
    assert calls(f"RUN {run}")[0].update_alone is alone


@pytest.mark.parametrize(
    ("command", "enforced"),
    [
        ("npm ci", True),
        ("npm install", False),
        ("npm install x", None),
        ("yarn install --frozen-lockfile", True),
        ("yarn install --immutable", True),
        ("yarn", False),
        ("pnpm install --frozen-lockfile", True),
        ("bun install --frozen-lockfile", True),
        ("bundle install", False),
        ("BUNDLE_FROZEN=1 bundle install", True),
        ("cargo install --locked x", True),
        ("cargo install x", False),
        ("pixi install --locked", True),
        ("pixi install", False),
        ("apt-get install x", None),
    ],
)
def test_whether_the_lock_file_decides(command, enforced):
    assert calls(f"RUN {command}")[0].lock_enforced is enforced


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        (
            "RUN conda install -c pytorch -c conda-forge x",
            [("pytorch", "channel", True), ("conda-forge", "channel", False)],
        ),
        ("RUN conda config --add channels nvidia", [("nvidia", "channel", True)]),
        ("RUN npm install --registry https://x.test x@1.0.0", [("https://x.test", "primary", False)]),
        ("RUN npm config set registry https://x.test", [("https://x.test", "primary", False)]),
        ("RUN npm config set registry=https://x.test", [("https://x.test", "primary", False)]),
        ("RUN yarn config set registry https://x.test", [("https://x.test", "primary", False)]),
        ("ENV NPM_CONFIG_REGISTRY=https://x.test", [("https://x.test", "primary", False)]),
        ("RUN apk add -X https://x.test/main x", [("https://x.test/main", "extra", False)]),
        ("RUN gem install x --source https://x.test", [("https://x.test", "extra", False)]),
    ],
)
def test_every_way_to_name_an_index_is_read(setup, expected):
    assert [(i.url, i.role, i.vendor) for i in of(PackageIndex, facts(setup))] == expected


def test_the_default_channels_are_the_default():
    first, second = of(PackageIndex, facts("RUN conda install -c defaults -c conda-forge x"))
    assert (first.is_default, second.is_default) == (True, False)


ENVIRONMENT = "channels: [pytorch]\ndependencies:\n  - pytorch=2.1\n  - pip:\n    - vllm\n    - -r r.txt\n"


@pytest.mark.parametrize(
    "command",
    [
        "conda env create -f environment.yml",
        "conda env create",
        "conda env update -n base --file environment.yml",
        "mamba env create --file=environment.yml",
        "micromamba install -y -n base -f environment.yml",
    ],
)
def test_an_environment_file_is_read_with_pip_s_part(command):
    found = facts(f"COPY . /app\nWORKDIR /app\nRUN {command}", {"environment.yml": ENVIRONMENT, "r.txt": "ray==2.9\n"})
    assert [(r.ecosystem, r.name, r.pinned, r.declared_in) for r in of(Requirement, found)] == [
        ("conda", "pytorch", False, "environment"),
        ("pypi", "vllm", False, "environment"),
        ("pypi", "ray", True, "requirements"),
    ]
    assert str(of(Requirement, found)[0].evidence[0].at) == "environment.yml:3:5"
    assert [i.url for i in of(PackageIndex, found)] == ["pytorch"]


def test_each_package_stands_at_its_own_column():
    found = of(Requirement, facts("RUN apt-get install -y curl \\\n  git"))
    assert [str(r.evidence[0].at) for r in found] == ["Dockerfile:2:24", "Dockerfile:3:3"]


PIECES = """
pip pip3 uv apt-get apk conda npm install add -y -qq -r -c requirements.txt torch==2.1 'x>=1' . -e $X
--index-url https://x.test && | ; update sync tool run go cargo gem a@1.2.3 @ = -
"""
words = st.sampled_from(PIECES.split())


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(words, max_size=12))
def test_no_command_makes_it_fail(command):
    for fact in facts("COPY . .\nRUN " + " ".join(command), {"requirements.txt": "vllm\n-r requirements.txt\n"}):
        assert fact.evidence
        assert fact.evidence[0].at.span is not None


def test_a_long_command_takes_linear_time():
    assert len(brief("RUN pip install " + " ".join(f"p{n}==1" for n in range(20_000)))) == 20_000


def test_one_instruction_states_no_more_than_the_limit_and_says_so():
    text = "FROM x\nCOPY . /\nRUN " + "; ".join(["pip install -r r.txt"] * 20)
    step = dockerfile.read(text, context={"r.txt": b"a\n" * 10_000}).steps[2]
    found = []
    with pytest.raises(ValueError, match=r"more than 50,000 packages"):
        found.extend(packages.EXTRACTORS[0].extract(step))
    assert 0 < len(found) <= packages.MAX_FACTS
