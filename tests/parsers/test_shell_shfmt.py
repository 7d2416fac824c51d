"""Commands, words and places are those of shfmt, an independent parser of POSIX shell and bash."""

from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from scanner.model.command import Script
from scanner.model.location import Text
from scanner.parsers.shell import parse
from scanner.parsers.shell.variables import Variables

SHFMT = os.path.join(os.path.dirname(sys.executable), "shfmt")

# Each between lines of "%%": what people write in RUN instructions and entry points of AI images.
BODIES = [
    body.strip("\n")
    for body in r"""
apt-get update && apt-get install -y --no-install-recommends build-essential git curl && rm -rf /var/lib/apt/lists/*
%%
pip install --no-cache-dir torch==2.4.0 torchvision --index-url https://download.pytorch.org/whl/cu121
%%
python3 -m pip install -U "pip<24" 'setuptools>=65,!=66.0' wheel; pip3 install "transformers[torch]>=4.40,<5" accelerate
%%
curl -fsSL https://example.invalid/install.sh | sh -s -- --yes && wget -qO- https://example.invalid/k.gpg | gpg --dearmor > /etc/apt/k.gpg
%%
conda create -n env python=3.11 -y && conda run -n env pip install vllm==0.6.0 && conda clean -afy
%%
. /opt/venv/bin/activate; uv pip install --system -r requirements.txt --extra-index-url="https://x.invalid/simple"
%%
set -eux; arch="$(dpkg --print-architecture)"; case "${arch##*-}" in amd64) url=a;; arm64|aarch64) url='b' ;; *) echo >&2 "unsupported $arch"; exit 1 ;; esac; wget -O x.tgz "$url"
%%
for pkg in torch numpy "scipy==1.11"; do pip install "$pkg" || exit 1; done
%%
if [ "$CUDA" = "12" ]; then pip install torch; elif [ -n "$ROCM" ]; then pip install torch-rocm; else pip install torch --index-url https://x.invalid/cpu; fi
%%
export DEBIAN_FRONTEND=noninteractive TZ=UTC && apt-get -qq install tzdata
%%
CMAKE_ARGS="-DLLAMA_CUBLAS=on" FORCE_CMAKE=1 pip install llama-cpp-python --no-binary :all:
%%
pip install git+https://github.com/huggingface/transformers@$REF#egg=transformers "git+https://x@${V}" $A$B $VER-rc1
%%
git clone --depth 1 -b v${VERSION} https://github.com/x/y.git /src && cd /src && make -j$(nproc) && make install && rm -rf /src
%%
cat > /entrypoint.sh <<'EOF'
#!/bin/bash
set -e
exec "$@"
EOF
chmod +x /entrypoint.sh
%%
cat <<-EOF | tee /etc/app.conf
	host=$(hostname)
	port=${PORT:-8080}
	EOF
echo done
%%
bash -euxo pipefail -c 'curl -sSL https://x.invalid | bash' && sudo -H -u app pip install --user x
%%
echo 'deb [trusted=yes] http://x.invalid/ stable main' >> /etc/apt/sources.list && echo "a\tb" > /tmp/x 2>&1
%%
f() { local x=$1; shift; pip install "$x" "$@"; }; f torch --pre
function g { echo hi; }
g | f "$(g)" `g -n`
%%
files=(a.txt "b c.txt" $(ls *.md)); for f in "${files[@]}"; do cp "$f" /dst/; done; echo "${#files[@]} ${files[0]}"
%%
i=0; while [ $i -lt 10 ]; do i=$((i+1)); (( j = i * 2 )); until curl -sf localhost:8080/health; do sleep 1; done; done
%%
[[ -f /etc/os-release && "$ID" == "ubuntu" ]] && . /etc/os-release || true; [[ $x =~ ^[0-9]+(\.[0-9]+)*$ ]] && echo yes
%%
diff <(sort a) <(sort -u b) > >(tee log) 2> /dev/null &
wait $!
%%
V=`python -c 'import sys; print("%d.%d" % sys.version_info[:2])'` && echo "python$V" "`uname -m`"x
%%
python - <<PY
import torch
print(torch.__version__, "$(date)")
PY
%%
( cd /tmp && tar xzf x.tgz --strip-components=1 ) && { make; make install; } > /dev/null 2>&1
%%
find / -name '*.pyc' -exec rm -f {} \; -o -type d -name __pycache__ -prune -exec rm -rf {} +
%%
pip install \
    torch==2.1.0 # a comment at the end
# and one between
echo "multi
line" \
    && pip install 'a'"b"c$'d\n'\ e
%%
mkdir -p ~/.ssh && ssh-keyscan github.com >> ~/.ssh/known_hosts && chmod 0600 ~/.ssh/* && cp /x/{a,b}.{c,d} /y
%%
apt-get update -y && \
apt-get install -y python3.10 python3-pip=22.* libgl1 && \
ln -sf /usr/bin/python3.10 /usr/bin/python
%%
! grep -q x /etc/passwd; time -p make; nohup ollama serve & sleep 5 && ollama pull llama3:8b; kill %1
%%
jupyter notebook --ip=0.0.0.0 --port=8888 --NotebookApp.token='' --NotebookApp.password="" --allow-root &
exec python -m vllm.entrypoints.openai.api_server --host 0.0.0.0 "$@"
%%
wget "https://x.invalid/a?b=c&d=e" -O- | tar -xz -C /opt; echo $((1 << 4)) $(( (1+2) * $(nproc) )) ${x:-$(y "z")} ${a//[^a-z]/_} "${b%%"$c"*}"
%%
echo "$(echo "$(echo 'deep "quotes"')")" && echo "a 'b' \"c\" \$d \`e\`" 'it'"'"'s'
%%
case $1 in start) (exec serve) ;; stop) kill "$(cat /run/x.pid)" ;& "a b"|c) ;; esac; x=$(case y in y) echo z;; esac)
%%
cat <<A <<"B" > out; echo after
first $(one)
A
second $(two)
B
third
%%
read -r a b <<< "$(stat -c '%s %y' f)"; mapfile -t lines < <(grep -v '^#' requirements.txt); printf '%s\n' "${lines[@]}"
%%
for ((i=0; i<3; i++)); do echo $i; done; select x in a b; do break; done; for x; do echo "$x"; done
%%
HF_HOME=/models huggingface-cli download meta-llama/Llama-3-8B --token $HF_TOKEN --local-dir /models; unset HF_TOKEN
%%
set -o pipefail && python -c "from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')" |& tee /tmp/log
%%
npm ci --omit=dev&&npm cache clean --force;yarn install --frozen-lockfile||true;a|b&c
%%
if ! command -v uv >/dev/null 2>&1; then curl -LsSf https://x.invalid/uv.sh | env UV_INSTALL_DIR=/bin sh; fi
%%
pip install -r <(sed 's/==.*//' requirements.txt) --find-links="${WHEELS?}" ${EXTRA:+--pre} --no-deps
%%
while IFS= read -r line; do [ -z "$line" ] && continue; pip install $line; done < requirements.txt > log
%%
{ echo '[global]'; echo 'timeout = 60'; } >> /etc/pip.conf; (umask 077; echo secret > f) 2>/dev/null
%%
echo größe "naïve $x" 日本 && pip install 'päckchen' # Kommentar ünd
echo nach
%%
declare -A m=([a]=1 [b]="2 3"); readonly R=5; typeset -i n=3; m[c]=4; echo "${m[a]}" "${!m[@]}" ${R:0:1} ${n^^} ${#R}
%%
if true; then
  # nothing to do
  :
fi

case "$(uname)" in
  Linux)
    apt-get install -y x
    ;;
  # others
  *) ;;
esac
%%
useradd -m -u 1000 app && chown -R app:app /app && su - app -c "pip install --user torch" && su-exec app ls
%%
pip install torch --index-url https://x.invalid/$(echo cu${CUDA_VERSION} | cut -d. -f1,2 | tr -d .) ; echo a#b c #d
%%
coproc cat; a() ( b ); a; x+=1; x+=(y); echo ${x[@]:1:2} "$@" "$*" $# $? $$ $! $- $0 $1 ${10}
""".split("\n%%\n")
]


class AllUnknown(Variables):
    """Words as they are written."""

    def get(self, name: str) -> None:
        return None


def read(body: str, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setattr("scanner.parsers.shell.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.commands.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.script.Variables", AllUnknown)
    monkeypatch.setattr("scanner.parsers.shell.commands.peel", lambda words: ((), (), 0))
    return parse(Text.of_file("x.sh", body), lambda name: None)


def ours(script: Script) -> dict[tuple[int, int], list[tuple[str, tuple[int, int]]]]:
    """First word's place: each word as written, with its place. Scripts in arguments are left out."""
    found = {}
    for command in script.commands:
        above, outer = command, True
        while outer and above.inside:
            outer = above.inside != "-c"
            if above.parent is None:
                break
            above = script.commands[above.parent]
        if outer and command.words and command.words[0].text != "[[":
            words = [
                (command.source.value[word.start : word.end], command.source.place(word.start)) for word in command.words
            ]
            while words[0][0] in {"time", "-p"}:
                del words[0]
            found[words[0][1]] = words
    return found


def theirs(body: str) -> dict[tuple[int, int], list[tuple[str, tuple[int, int]]]] | None:
    done = subprocess.run([SHFMT, "-tojson"], input=body.encode(), capture_output=True, check=False)
    if done.returncode:
        return None
    raw = body.encode()

    def place(position: dict[str, int]) -> tuple[int, int]:
        line = raw.rfind(b"\n", 0, position["Offset"]) + 1
        return raw.count(b"\n", 0, position["Offset"]) + 1, len(raw[line : position["Offset"]].decode()) + 1

    def word(node: dict[str, Any]) -> tuple[str, tuple[int, int]]:
        return raw[node["Pos"]["Offset"] : node["End"]["Offset"]].decode(), place(node["Pos"])

    found = {}
    todo: list[Any] = [json.loads(done.stdout)]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            todo += node.values()
            if node.get("Type") == "CallExpr" and node.get("Args"):
                words = [word(argument) for argument in node["Args"]]
                found[words[0][1]] = words
            elif node.get("Type") == "DeclClause":
                words = [word(node["Variant"]), *(word(argument) for argument in node.get("Args") or ())]
                found[words[0][1]] = words
    return found


def differences(body: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    expected = theirs(body)
    assert expected is not None, "shfmt does not take it"
    found = ours(read(body, monkeypatch))
    return [(place, expected.get(place), found.get(place)) for place in expected.keys() | found.keys() if expected.get(place) != found.get(place)]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_every_command_has_the_words_and_places_that_shfmt_sees(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(BODIES[number], monkeypatch) == []


def test_no_body_that_shfmt_reads_has_an_error() -> None:
    assert [(body, errors) for body in BODIES if (errors := parse(Text.of_file("x", body), {}.get).errors)] == []
