"""The servers that a container starts: what they listen on, and whether they ask who is there."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner import knowledge
from scanner.extractors.services import EXTRACTORS
from scanner.extractors.services.products import by_name, starts
from scanner.extractors.services.reading import is_local, split
from scanner.model.facts import KINDS, Service
from scanner.model.facts.network import Authentication, ServiceRole
from scanner.sources import dockerfile

OPEN = "0.0.0.0"


def services(text: str, **files: str) -> list[Service]:
    names = {name.replace("__", "/").replace("_py", ".py").replace("_sh", ".sh"): body for name, body in files.items()}
    target = dockerfile.read(text, context={name: body.encode() for name, body in names.items()})
    facts = [fact for item in target.items() if EXTRACTORS[0].wants(item) for fact in EXTRACTORS[0].extract(item)]
    assert all(isinstance(fact, Service) and fact.evidence for fact in facts)
    return facts


def service(command: str, *lines: str, base: str = "python:3.12", **files: str) -> Service:
    (found,) = services("\n".join([f"FROM {base}", *lines, f"CMD {command}", ""]), **files)
    return found


class TestJupyter:
    @pytest.mark.parametrize(
        ("options", "auth"),
        [
            ("", "default"),
            ("--ServerApp.token=''", "none"),
            ("--ServerApp.token ''", "none"),
            ("--NotebookApp.token=", "none"),
            ("--IdentityProvider.token=''", "none"),
            ("--NotebookApp.token=None", "none"),
            ("--ServerApp.token=made-up", "set"),
            ("--ServerApp.token=$TOKEN", None),
            ("--ServerApp.token=${TOKEN:-}", None),
            ("--ServerApp.token='' --ServerApp.password=argon2:made-up", "set"),
            ("--ServerApp.token='' --ServerApp.password=''", "none"),
            ("--ServerApp.token='' --ServerApp.password=$HASH", None),
            ("--ServerApp.password=''", "default"),
            ("--ServerApp.token='' --PasswordIdentityProvider.hashed_password=argon2:made-up", "set"),
            ("--ServerApp.token='' --PasswordIdentityProvider.password_required=False", "none"),
            ("--token=''", "default"),
            ("--ServerApp.token='' $EXTRA_ARGS", None),
            ("--ServerApp.token=made-up --ServerApp.token=''", "none"),
        ],
    )
    def test_only_an_empty_token_without_a_password_lets_everyone_in(self, options, auth):
        found = service(f"jupyter lab --ip=0.0.0.0 {options}")

        assert (found.product, found.auth, found.auth_off) == ("jupyter", auth, auth == "none")

    @pytest.mark.parametrize(("value", "auth"), [("made-up", "set"), ('""', "default"), ("$LATER", None)])
    def test_the_variable_gives_a_token_and_cannot_take_it_away(self, value, auth):
        assert service("jupyter lab", f"ARG LATER\nENV JUPYTER_TOKEN={value}").auth == auth

    @pytest.mark.parametrize(
        "command",
        [
            "jupyter lab",
            "jupyter-lab",
            "jupyter --debug notebook",
            "python -m jupyterlab",
            "python3.12 -u -m notebook",
            "python3 -W ignore -m jupyter lab",
            "/opt/conda/bin/jupyter server",
            "conda run -n ml --no-capture-output jupyter lab",
            "poetry run jupyter lab",
            "tini -- jupyter lab",
            "sh -c 'cd /work && exec jupyter lab'",
            "nohup jupyter lab &",
            "/usr/local/bin/entrypoint.sh jupyter lab",
            "uv run -m jupyterlab",
            "bash start-notebook.sh",
        ],
    )
    def test_it_is_found_however_it_is_started(self, command):
        assert service(command).product == "jupyter"

    @pytest.mark.parametrize(
        "command",
        [
            "jupyter nbconvert x.ipynb",
            "jupyter --version",
            "jupyter lab --help",
            "echo jupyter lab",
            "jupyter lab build",
        ],
    )
    def test_other_commands_of_it_are_no_server(self, command):
        found = services(f"FROM python:3.12\nCMD {command}\n")

        assert [each.product for each in found] == (["jupyter"] if command == "jupyter lab build" else [])

    @pytest.mark.parametrize(
        ("options", "address", "reachable"),
        [
            ("", "localhost", False),
            ("--ip=0.0.0.0", OPEN, True),
            ("--ip 0.0.0.0", OPEN, True),
            ("--ip='*'", OPEN, True),
            ("--ip=", OPEN, True),
            ("--ServerApp.ip=0.0.0.0", OPEN, True),
            ("--ip=127.0.0.1", "127.0.0.1", False),
            ("--ip=10.0.0.7", "10.0.0.7", True),
            ("--ip=$HOST", None, None),
            ("--ip=${HOST:-0.0.0.0}", OPEN, True),
            ("--ip=${HOST:-127.0.0.1}", "127.0.0.1", False),
            ('"$@"', None, None),
        ],
    )
    def test_the_address_is_what_the_option_says(self, options, address, reachable):
        found = service(f"jupyter lab {options}")

        assert (found.address, found.open) == (address, reachable)

    def test_the_official_images_listen_on_all_addresses(self):
        assert service("start-notebook.py", base="quay.io/jupyter/scipy-notebook:2025-11-03").open is True
        assert service("jupyter lab", base="jupyter/base-notebook").open is True

    def test_configuration_files_count_and_options_come_first(self):
        config = "c.ServerApp.ip = '0.0.0.0'\nc.ServerApp.token = u''\n# c.ServerApp.password = 'x'\n"
        copy = "COPY jupyter_server_config_py /etc/jupyter/jupyter_server_config.py"
        files = {"jupyter_server_config_py": config}

        by_file = service("jupyter lab", copy.replace("_py", ".py"), **files)
        by_option = service("jupyter lab --ServerApp.token=made-up", copy.replace("_py", ".py"), **files)

        assert (by_file.auth, by_file.open, by_file.evidence[0].at.path) == ("none", True, "jupyter_server_config.py")
        assert by_file.evidence[0].quote == "c.ServerApp.token = u''"
        assert by_option.auth == "set"

    def test_a_variable_names_one_more_folder_of_configuration_files(self):
        copy = "COPY a.py /srv/conf/jupyter_server_config.py"
        config = "c.ServerApp.token = ''\n"
        named = service("jupyter lab --ip=*", copy, "ENV JUPYTER_CONFIG_DIR=/srv/conf", a_py=config)
        assert (named.auth, service("jupyter lab --ip=*", copy, a_py=config).auth) == ("none", "default")

    def test_code_in_a_configuration_file_is_not_known(self):
        config = "import os\nc.ServerApp.token = os.environ.get('X', '')\n"

        found = service("jupyter lab", "COPY a.py /root/.jupyter/jupyter_server_config.py", a_py=config)

        assert found.auth is None

    def test_a_json_file_counts_too(self):
        config = '{"ServerApp": {"token": "", "ip": "0.0.0.0", "port": 9999}}'

        found = service("jupyter lab", "COPY a.py /etc/jupyter/jupyter_server_config.json", a_py=config)

        assert (found.auth, found.open, found.port) == ("none", True, 9999)

    def test_evidence_begins_with_what_opens_it(self):
        found = service(
            '["jupyter", "lab", "--ip=0.0.0.0", "--port=9000", "--ServerApp.token="]', "EXPOSE 9000", "USER 1000"
        )

        quotes = [each.quote for each in found.evidence]
        assert quotes[:2] == ['"--ServerApp.token="', '"--ip=0.0.0.0"']
        assert quotes[-1] == "9000"
        assert (found.exposed, found.as_root, found.port, found.runs_code) == (True, False, 9000, True)


@pytest.mark.parametrize(
    ("command", "product", "port", "reachable", "auth"),
    [
        ("ray start --head --dashboard-host=0.0.0.0", "ray", 8265, True, "none"),
        ("ray start --head", "ray", 8265, False, "none"),
        ("RAY_AUTH_MODE=token ray start --head --dashboard-host 0.0.0.0", "ray", 8265, True, "set"),
        ("mlflow server -h 0.0.0.0 -p 5001", "mlflow", 5001, True, "none"),
        ("mlflow server --host 0.0.0.0 --app-name basic-auth", "mlflow", 5000, True, "set"),
        ("mlflow server --backend-store-uri sqlite:///x --host 0.0.0.0", "mlflow", 5000, True, "none"),
        ("tensorboard --logdir x --bind_all", "tensorboard", 6006, True, "none"),
        ("tensorboard --logdir x --bind-all", "tensorboard", 6006, True, "none"),
        ("tensorboard --logdir x", "tensorboard", 6006, False, "none"),
        ("tritonserver --http-port 9000", "triton", 9000, True, "none"),
        ("tensorflow_model_server --rest_api_port=8501", "tensorflow-serving", 8501, True, "none"),
        ("vllm serve m", "vllm", 8000, True, "none"),
        ("vllm serve m --host 127.0.0.1", "vllm", 8000, False, "none"),
        ("vllm serve m --api_key made-up", "vllm", 8000, True, "set"),
        ("vllm serve m --api-key $KEY", "vllm", 8000, True, None),
        ("vllm serve m --host ${HOST:-0.0.0.0} --port ${PORT:-80}", "vllm", 80, True, "none"),
        ("vllm serve m ${KEY:+--api-key $KEY}", "vllm", 8000, True, None),
        ("vllm serve m ${REVISION:+--revision $REVISION}", "vllm", 8000, True, "none"),
        ("vllm serve m --api-key ${KEY:-made-up}", "vllm", 8000, True, None),
        ("comfyui --listen", "comfyui", 8188, True, "none"),
        ("/bin/bash -ic 'cd /comfyui && python3 main.py --listen --multi-user'", "comfyui", 8188, True, "none"),
        ("python main.py --listen 0.0.0.0 --port 8188", "comfyui", 8188, True, "none"),
        ("vllm serve m --uds $X --config missing.yaml", "vllm", 8000, True, None),
        ("python -m vllm.entrypoints.openai.api_server --port 80", "vllm", 80, True, "none"),
        ("python3 -m sglang.launch_server --host ::", "sglang", 30000, True, "none"),
        ("text-generation-launcher --hostname 0.0.0.0 -p 80", "tgi", 80, True, "none"),
        ("llama-server --host 0.0.0.0 --api-key made-up", "llama-cpp", 8080, True, "set"),
        ("lmdeploy serve api_server m", "lmdeploy", 23333, True, "none"),
        ("xinference-local --host 0.0.0.0", "xinference", 9997, True, "none"),
        ("ollama serve", "ollama", 11434, False, "none"),
        ("OLLAMA_HOST=0.0.0.0:1234 ollama serve", "ollama", 1234, True, "none"),
        ("OLLAMA_HOST=http://0.0.0.0 ollama serve", "ollama", 11434, True, "none"),
        ("streamlit run app.py --server.port 80", "streamlit", 80, True, "none"),
        ("litellm --model m", "litellm", 4000, True, "none"),
        ("chroma run --host 0.0.0.0", "chroma", 8000, True, "none"),
        ("uvicorn chromadb.app:app --host 0.0.0.0", "chroma", 8000, True, "none"),
        ("redis-server --protected-mode no", "redis", 6379, True, "none"),
        ("redis-server", "redis", 6379, True, "default"),
        ("label-studio", "label-studio", 8080, True, "none"),
        ("label-studio start p --port 80", "label-studio", 80, True, "none"),
        ("dask-scheduler --host tcp://127.0.0.1:8786", "dask", 8786, False, "none"),
        ("code-server --bind-addr 0.0.0.0:9000 --auth none", "code-server", 9000, True, "none"),
        ("code-server --bind-addr 0.0.0.0:9000", "code-server", 9000, True, "default"),
        ("/usr/sbin/sshd -D -p 2222", "ssh", 2222, True, "default"),
        ("service ssh start", "ssh", 22, True, "default"),
        ("/etc/init.d/ssh start", "ssh", 22, True, "default"),
        ("uvicorn main:app --host 0.0.0.0 --port 80", "uvicorn", 80, True, None),
        ("uvicorn main:app --uds /run/app.sock --host /run/app.sock", "uvicorn", 8000, False, None),
        ("gunicorn -b 0.0.0.0:80 app:app", "gunicorn", 80, True, None),
        ("gunicorn -b unix:/run/app.sock app:app", "gunicorn", 8000, False, None),
        ("python manage.py runserver 0.0.0.0:80", "django", 80, True, None),
        ("python manage.py runserver 8001", "django", 8001, False, None),
        ("flask --app a run --host 0.0.0.0", "flask", 5000, True, None),
        ("fastmcp run s.py --transport http --host 0.0.0.0", "mcp", 8000, True, None),
        ("npx -y @modelcontextprotocol/inspector", "mcp-inspector", 6277, False, "default"),
    ],
)
def test_each_product_is_known_by_its_command(command, product, port, reachable, auth):
    found = service(command)

    assert (found.product, found.port, found.open, found.auth) == (product, port, reachable, auth)


@pytest.mark.parametrize(
    "command",
    [
        "ray stop",
        "ray status",
        "mlflow run .",
        "vllm bench serve",
        "ollama run llama3",
        "ollama --version",
        "ssh host",
        "service cron start",
        "sshd --help",
        "n8n export:workflow",
        "fastmcp run s.py",
        "mcp-proxy http://server/sse",
        "python main.py --listen",
        "python -c 'import uvicorn'",
        "python",
        "$SERVER serve",
        "python $SCRIPT --host 0.0.0.0",
        "cat jupyter_notebook_config.py",
    ],
)
def test_other_commands_start_no_server(command):
    assert services(f"FROM python:3.12\nCMD {command}\n") == []


class TestImages:
    def test_an_image_that_starts_a_server_by_itself_says_so_at_its_from(self):
        (found,) = services("FROM ollama/ollama:0.12.10\n")

        assert (found.product, found.open, found.auth, found.started_by) == ("ollama", True, "none", "base-image")
        assert (found.as_root, found.evidence[0].at.span.first_line) == (True, 1)

    def test_a_command_replaces_what_the_image_starts(self):
        assert services('FROM qdrant/qdrant:v1.15.5\nCMD ["sleep", "infinity"]\n') == []
        assert services('FROM vllm/vllm-openai:v0.11.0\nENTRYPOINT ["python", "x.py"]\n') == []

    def test_a_cmd_gives_arguments_to_the_entrypoint_of_the_image(self):
        found = service('["--model", "m", "--port", "9000", "--host", "127.0.0.1"]', base="vllm/vllm-openai:v0.11.0")

        assert (found.port, found.open, found.started_by) == (9000, False, "command")
        assert service('["serve"]', base="ollama/ollama:0.12.10").open is True
        assert services('FROM ollama/ollama:0.12.10\nCMD ["list"]\n') == []

    def test_its_port_is_that_of_the_image(self):
        (found,) = services("FROM ghcr.io/huggingface/text-generation-inference:3.3.6\nEXPOSE 80\n")

        assert (found.port, found.exposed) == (80, True)

    def test_an_image_that_nobody_knows_starts_nothing_known(self):
        assert services("ARG BASE\nFROM $BASE\n") == []
        assert services("FROM registry.example/ollama:1\n") == []

    def test_older_torchserve_asks_for_no_token(self):
        start = '["torchserve", "--start"]'

        assert service(start, base="pytorch/torchserve:0.8.2-gpu").auth == "none"
        assert service(start, base="pytorch/torchserve:0.12.0-gpu").auth == "default"
        assert service(start, base="pytorch/torchserve:latest").auth == "default"


class TestScripts:
    def test_a_script_exports_what_the_server_reads(self):
        start = "#!/bin/bash\nexport OLLAMA_HOST=0.0.0.0\nollama serve &\nwait\n"

        found = service('["/start.sh"]', "COPY start.sh /start.sh", start_sh=start)

        assert (found.open, found.started_by) == (True, "script")
        assert [each.at.path for each in found.evidence][:2] == ["start.sh", "start.sh"]

    def test_a_supervisor_starts_what_its_file_says(self):
        config = (
            "[program:a]\ncommand=jupyter lab --ip=0.0.0.0\n  --ServerApp.token=''\n"
            "[program:b]\ncommand = /usr/sbin/sshd -D\n; command=ollama serve\n"
        )

        found = services(
            "FROM python:3.12\nCOPY s.sh /etc/supervisord.conf\nCMD supervisord -n -c /etc/supervisord.conf\n",
            s_sh=config,
        )

        assert [(each.product, each.auth) for each in found] == [("jupyter", "none"), ("ssh", "default")]
        assert found[0].evidence[0].at.path == "s.sh"

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("demo.launch()", ("gradio", False, "none", "")),
            ("demo.launch(server_name='0.0.0.0')", ("gradio", True, "none", "")),
            ("demo.launch(server_name='0.0.0.0', auth=check)", ("gradio", True, "set", "")),
            ("demo.launch(server_name=HOST)", ("gradio", None, "none", "")),
            ("demo.launch(**options)", ("gradio", None, None, "")),
            ("demo.launch(share=True)", ("gradio", False, "none", "public tunnel")),
            ("demo.launch(share=ARGS.share)", ("gradio", False, "none", "")),
        ],
    )
    def test_gradio_is_read_from_the_script_that_starts(self, code, said):
        found = service("python app.py", "COPY app.py .", app_py=f"import gradio\n{code}\n")

        assert (found.product, found.open, found.auth, found.risk) == said

    def test_other_frameworks_are_too(self):
        code = "import uvicorn\nuvicorn.run('a:app', host='0.0.0.0', port=80, reload=True)\n"
        flask = "from flask import Flask\napp = Flask('x')\napp.run(host='0.0.0.0', debug=True)\n"

        served = service("python -m app", "COPY app.py .", app_py=code)
        debugged = service("python3 app.py", "COPY app.py .", app_py=flask)

        assert (served.product, served.port, served.open, served.risk) == ("uvicorn", 80, True, "reloads code")
        assert (debugged.product, debugged.open, debugged.risk) == ("flask", True, "debugger")

    @pytest.mark.parametrize(
        "command",
        [
            "cd /srv/app && python app.py",
            "cd /srv && exec python app/app.py",
            "bash -c 'cd /srv/app; python -m app'",
            "cd /srv/app && uvicorn --help; python app.py",
            'cd "$WHERE"; cd /srv/app; python app.py',
        ],
    )
    def test_a_script_is_looked_for_where_cd_has_led_to(self, command):
        code = "import gradio\ndemo.launch(server_name='0.0.0.0')\n"
        assert service(command, "COPY app.py /srv/app/", app_py=code).product == "gradio"

    def test_it_is_not_looked_for_where_cd_has_led_away_from(self):
        code = "import gradio\ndemo.launch(server_name='0.0.0.0')\n"
        start = "FROM a\nWORKDIR /srv/app\nCOPY app.py .\nCMD {}\n"
        assert len(services(start.format("python app.py"), app_py=code)) == 1
        assert services(start.format("cd /tmp && python app.py"), app_py=code) == []

    def test_where_cd_leads_to_nobody_knows_it_is_looked_for_in_the_workdir(self):
        code = "import gradio\ndemo.launch(server_name='0.0.0.0')\n"
        found = service('cd "$(dirname "$0")" && python app.py', "WORKDIR /srv/app", "COPY app.py .", app_py=code)
        assert found.product == "gradio"

    def test_a_file_of_settings_is_looked_for_where_cd_has_led_to(self):
        found = service(
            "cd /srv && jupyter lab --config=open.py", "COPY open.py /srv/", open_py="c.ServerApp.token = ''\n"
        )
        assert found.auth == "none"

    def test_a_script_that_is_no_python_is_an_error_that_names_it(self):
        with pytest.raises(ValueError, match=r"app\.py: not Python"):
            service("python app.py", "COPY app.py .", app_py="import gradio\nprint 'x'\n")

    def test_the_folder_tells_whose_main_py_it_is(self):
        assert service("cd /opt/ComfyUI && python main.py --listen").product == "comfyui"
        assert service("python launch.py --listen --share", "WORKDIR /stable-diffusion-webui").risk == "public tunnel"
        assert service("python server.py --listen", "RUN git clone https://x/text-generation-webui .").open is True


class TestRoot:
    @pytest.mark.parametrize(
        ("lines", "command", "as_root"),
        [
            ("", "ollama serve", True),
            ("USER 0:0", "ollama serve", True),
            ("USER app", "ollama serve", False),
            ("ARG WHO\nUSER $WHO", "ollama serve", None),
            ("", "gosu app ollama serve", None),
        ],
    )
    def test_it_is_who_the_container_runs_as(self, lines, command, as_root):
        assert service(command, lines).as_root is as_root


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.0.0.0", ("*", None)),
        ("0.0.0.0:80", ("*", 80)),
        ("http://0.0.0.0:8081", ("*", 8081)),
        ("http://0.0.0.0:8081/path", ("*", 8081)),
        ("*", ("*", None)),
        ("", ("*", None)),
        (":8080", ("*", 8080)),
        ("::", ("*", None)),
        ("[::]:80", ("*", 80)),
        ("[::1]:80", ("[::1]", 80)),
        ("::1", ("::1", None)),
        ("localhost:80", ("localhost", 80)),
        ("8080", ("localhost", 8080)),
        ("0", ("*", None)),
        ("10.1.2.3:99999999", ("10.1.2.3", None)),
        ("unix:/run/x.sock", ("unix:/run/x.sock", None)),
    ],
)
def test_addresses_are_told_from_ports(text, said):
    assert split(text) == said


def test_loopback_and_sockets_are_local():
    assert all(map(is_local, ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "unix:/x", "/run/x.sock"]))
    assert not any(map(is_local, ["*", "10.0.0.1", "example.org", "::2"]))


class TestTable:
    def test_every_row_is_whole(self):
        for row in knowledge.rows("services"):
            assert len(row) == 12, row[0]
        for product in by_name().values():
            assert product.role in ServiceRole.__args__
            assert product.auth in {*Authentication.__args__, None}
            assert product.address
            assert product.settings.keys() <= {
                *("address", "port", "everywhere", "credential", "login", "anonymous", "tls", "file", "arguments"),
                "transport",
                *(meaning for meaning in product.settings if meaning.startswith("risk:")),
            }, product.name

    def test_every_command_of_it_starts_its_product(self):
        for program, candidates in starts().items():
            for subcommand, name in candidates:
                call = (
                    f"python -m {program}"
                    if "." in program and not program.endswith((".sh", ".py")) and "/" not in program
                    else program
                )
                extra = "--transport http" if name == "mcp" else "--port 1" if name == "mcp-proxy" else ""
                found = services(f"FROM python:3.12\nCMD {call} {subcommand} {extra}\n")
                assert name in [each.product for each in found], (program, subcommand)

    def test_what_base_images_start_is_in_it(self):
        assert {row[4] for row in knowledge.rows("base-images") if len(row) > 4 and row[4]} <= by_name().keys()

    def test_the_fact_knows_its_roles(self):
        assert KINDS["service"] is Service


WORDS = """jupyter lab --ip --ip=0.0.0.0 --ServerApp.token= python -m vllm serve --host $X "$@" '' ray start = -- -
--port 99999999999 mlflow server sshd gradio main.py --listen &&"""


@settings(max_examples=80, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=8))
def test_no_command_line_is_too_strange(command):
    for found in services(f"FROM ollama/ollama\nENV OLLAMA_HOST=x\nCMD {' '.join(command)}\n"):
        assert found.open is None or found.open is not is_local(found.address or "")


def test_large_files_take_linear_time():
    started = time.process_time()
    for body in ("a " * 200_000, "c.ServerApp.ip = ''\n" * 5_000, "-" * 400_000, '"port":' * 50_000, "\n " * 100_000):
        service("jupyter lab", "COPY a.py /etc/jupyter/jupyter_server_config.py", a_py=body)
        service("litellm --config /c.yaml", "COPY a.py /c.yaml", a_py=body)

    assert time.process_time() - started < 4
