"""Every command and flag; what they do stands in the modules beside this one."""

from __future__ import annotations

from typing import Any

import click

from scanner import __version__
from scanner.errors import UsageError

SEVERITIES = ("info", "low", "medium", "high", "critical")
SHELLS = ("bash", "zsh", "fish")


def run(arguments: list[str]) -> int:
    """Run the command that these arguments ask for; its exit code. Raises UsageError."""
    try:
        code = hullcheck.main(arguments or ["--help"], prog_name="hullcheck", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "hullcheck"
        raise UsageError(error.format_message(), hint=f"'{path} --help' lists what there is") from None
    return int(code or 0)


class InOrder(click.Group):
    """Lists its commands as they stand here."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, not sorted."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 nothing to report, 1 findings, 2 asked wrongly, 3 could not look everywhere.",
)
@click.version_option(__version__, "-V", "--version", prog_name="hullcheck", message="%(prog)s %(version)s")
def hullcheck() -> None:
    """Find what is unsafe in AI container images and the Dockerfiles that make them."""


_path = click.argument("paths", nargs=-1, metavar="[PATH]...")
_rules = click.option("--rules", multiple=True, metavar="FOLDER", help="Rules of your own, beside those built in.")
_jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes to scan with.  [default: 1; for layers one a core, 4 at most]",
)
_config = click.option("--config", metavar="FILE", help="Configuration to read instead of looking for one.")


def _inputs(command: Any) -> Any:
    """The flags that say what a Dockerfile means."""
    for option in (
        click.option(
            "--resolve-bases",
            is_flag=True,
            default=None,
            help="Ask the Docker daemon, else the registry, what base images set.",
        ),
        click.option(
            "--base-layout",
            "base_layouts",
            multiple=True,
            metavar="DIR",
            help="Look base images up in this OCI layout; no network.",
        ),
        click.option("--context", metavar="DIR", help="Build context.  [default: the Dockerfile's folder]"),
        click.option("--target", metavar="STAGE", help="Stage to build.  [default: the last]"),
        click.option("--build-arg", "build_args", multiple=True, metavar="K=V", help="Value of a build argument."),
    ):
        command = option(command)
    return command


@hullcheck.command(short_help="Scan Dockerfiles, folders of them, images, models and SBOMs.")
@_path
@click.option(
    "-f",
    "--format",
    multiple=True,
    metavar="FORMAT",
    help="text, json, sarif, oscal, requirements or openvex; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FILE",
    help="Where the report goes: the nth file, the nth format.",
)
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Least severity for exit code 1.  [default: low]")
@click.option("--exit-zero", is_flag=True, default=None, help="Findings do not change the exit code.")
@click.option("--allow-incomplete", is_flag=True, default=None, help="Not everything could be looked at: no error.")
@click.option("--profile", type=click.Choice(["default", "strict"]), help="strict adds hardening and style.")
@click.option("--select", multiple=True, metavar="RULE", help="Only these rules: ids, globs, other tools' ids.")
@click.option("--ignore", multiple=True, metavar="RULE", help="All but these rules.")
@_rules
@click.option("--framework", multiple=True, metavar="NAME", help="Report on each control of a compliance framework.")
@click.option("--vex", multiple=True, metavar="FILE", help="VEX document: vulnerabilities that do not apply, and why.")
@click.option("--baseline", metavar="FILE", help="Earlier JSON report: what it holds does not count.")
@_inputs
@click.option("--platform", metavar="OS/ARCH", help="Of an image that is there for several.  [default: this machine's]")
@click.option("--dockerfile", metavar="FILE", help="The Dockerfile that made the image: findings point into it.")
@click.option("--base", metavar="IMAGE", help="The image that the image is built on, to tell its layers apart.")
@click.option("--only", type=click.Choice(["own"]), help="Leave out what comes from an image's base image.")
@click.option("--no-verify", is_flag=True, default=None, help="Do not hold layers to their digests.")
@click.option("--no-cache", is_flag=True, default=None, help="Read all layers, those that are known as well.")
@click.option("--db", metavar="FILE", help="Advisory database to hold packages against.  [default: the user's]")
@click.option("--no-vulnerabilities", is_flag=True, default=None, help="Do not hold packages against advisories.")
@click.option("--only-fixed", is_flag=True, default=None, help="Leave out vulnerabilities that have no fix yet.")
@click.option("--shellcheck", is_flag=True, default=None, help="Have ShellCheck look at the shell text of RUN, too.")
@click.option(
    "--online",
    is_flag=True,
    default=None,
    help="Ask osv.dev about known vulnerabilities: sends it the names and versions of Python packages.",
)
@click.option(
    "--online-service",
    type=click.Choice(["osv", "pypi"]),
    help="Whom --online asks; pypi: the Python package index.  [default: osv]",
)
@_config
@click.option("--show-undecided", is_flag=True, default=None, help="List what could not be decided, and why.")
@click.option("--show-suppressed", is_flag=True, default=None, help="List what was ignored, and by what.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same, FORCE_COLOR the opposite.")
@click.option("-q", "--quiet", is_flag=True, help="Findings only, a line each.")
@click.option("-v", "--verbose", is_flag=True, help="Say why each finding matters.")
@_jobs
def scan(**given: Any) -> int:
    """Scan Dockerfiles, folders of them, - for standard input, or images. Without PATH: the current folder.

    An image is NAME:TAG (of the Docker daemon or containerd, else of its registry), docker:NAME, containerd:NAME,
    registry:NAME, archive:FILE of docker save (- for standard input), or oci:FOLDER; rootfs:FOLDER holds the files
    of one, unpacked. An SBOM in CycloneDX or SPDX (sbom:FILE, sbom:- for standard input) is scanned for the packages
    it lists, a model file, or a folder that has models and no Dockerfile, for what loading it would do (model:PATH).

    Flags go before the environment (HULLCHECK_FAIL_ON=high), and that before the configuration file.
    """
    from scanner.cli.scan import Flags
    from scanner.cli.scan import run as work

    return work(Flags(**given))


@hullcheck.command(short_help="Show what each layer of an image brings.")
@click.argument("image", metavar="IMAGE")
@click.option("--json", "as_json", is_flag=True, help="All there is to know of each, as JSON.")
@click.option("--platform", metavar="OS/ARCH", help="Of an image that is there for several.  [default: this machine's]")
@click.option("--base", metavar="IMAGE", help="The image that the image is built on, to tell its layers apart.")
@click.option("--no-verify", is_flag=True, default=None, help="Do not hold layers to their digests.")
@_rules
@_config
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same, FORCE_COLOR the opposite.")
@_jobs
def layers(image: str, config: str | None, as_json: bool, no_color: bool, **given: Any) -> int:
    """Show what each layer of an image brings: size, waste, packages, models, findings, and what made it.

    Wasted is what a later layer removes or replaces: it is in no container, but whoever has the image has it.
    """
    from scanner.cli.layers import run as work

    return work(image, config, given, as_json=as_json, no_color=no_color)


@hullcheck.command(short_help="List the models in an image, a folder or a file.")
@click.argument("targets", nargs=-1, metavar="[PATH|IMAGE]...")
@click.option("--format", type=click.Choice(["table", "json"]), default="table", help="[default: table]")
@click.option("--platform", metavar="OS/ARCH", help="Of an image that is there for several.  [default: this machine's]")
@click.option("--no-verify", is_flag=True, default=None, help="Do not hold layers to their digests.")
@click.option("--no-cache", is_flag=True, default=None, help="Read all layers, those that are known as well.")
@click.option("--allow-incomplete", is_flag=True, default=None, help="Not everything could be looked at: no error.")
@_config
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same, FORCE_COLOR the opposite.")
@_jobs
def models(targets: tuple[str, ...], config: str | None, format: str, no_color: bool, **given: Any) -> int:
    """List models by their content, without loading any: what they are, how large, from where, under which licence.

    A path is a model file or a folder of them; images are named as for scan. Without one: the current folder.
    """
    from scanner.cli.models import run as work

    return work(targets, config, given, format=format, no_color=no_color)


@hullcheck.command(short_help="Say what a rule means.")
@click.argument("name", metavar="RULE")
@_rules
@_config
def explain(name: str, rules: tuple[str, ...], config: str | None) -> int:
    """Say what a rule means and show it wrong and right; other tools' ids (DL3002) work too."""
    from scanner.cli.explain import run as work

    return work(name, rules, config)


@hullcheck.command(short_help="List the rules.")
@click.option("--json", "as_json", is_flag=True, help="All there is to know of each, as JSON.")
@_rules
@_config
def rules(as_json: bool, rules: tuple[str, ...], config: str | None) -> int:
    """List the rules."""
    from scanner.cli.rules import run as work

    return work(rules, config, as_json=as_json)


@hullcheck.command(short_help="List the compliance frameworks.")
@_rules
@_config
def frameworks(rules: tuple[str, ...], config: str | None) -> int:
    """List the compliance frameworks that `hullcheck scan --framework` knows."""
    from scanner.cli.frameworks import run as work

    return work(rules, config)


@hullcheck.command(short_help="Print what is known, as JSON lines.")
@_path
@_inputs
@_config
def facts(paths: tuple[str, ...], config: str | None, **given: Any) -> int:
    """Print what is known about Dockerfiles, as JSON lines."""
    from scanner.cli.facts import run as work

    return work(paths, config, given)


@hullcheck.command(short_help="Check rule files against their examples.")
@click.argument("folders", nargs=-1, required=True, metavar="RULES-FOLDER...")
def test(folders: tuple[str, ...]) -> int:
    """Check rule files: that they load, and that their examples come out as they say."""
    from scanner.cli.test import run as work

    return work(folders)


@hullcheck.command(short_help="Write a starter configuration.")
@click.option("--pre-commit", is_flag=True, help="Also the pre-commit hook.")
@click.option("--github", is_flag=True, help="Also a GitHub workflow.")
@click.option("--gitlab", is_flag=True, help="Also a GitLab job.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(force: bool, **wanted: bool) -> int:
    """Write a starter .hullcheck.yaml into the current folder."""
    from scanner.cli.init import run as work

    return work([name for name, chosen in wanted.items() if chosen], force=force)


@hullcheck.command(short_help="Show or clear what is kept of earlier scans.")
@click.argument("action", type=click.Choice(["info", "clear"]))
def cache(action: str) -> int:
    """Show what is kept of earlier scans (info), or delete it (clear)."""
    from scanner.cli import cache as kept

    return kept.clear() if action == "clear" else kept.info()


_db = click.option("--db", metavar="FILE", help="The database.  [default: the user's]")


@hullcheck.group(cls=InOrder, short_help="Fetch, bring in, or show the advisory database.")
def db() -> None:
    """The advisory database that scans hold packages against. Nothing is ever fetched but by `hullcheck db update`."""


@db.command(name="update", short_help="Fetch what is new.")
@click.option("--url", "db_url", metavar="URL", help="OSV's bucket, or a mirror of it.")
@click.option("--ecosystem", "db_ecosystems", multiple=True, metavar="NAME", help="PyPI, Debian, npm, KEV, EPSS, …")
@click.option("--force", is_flag=True, help="Fetch it all anew.")
@_db
@_config
def db_update(config: str | None, force: bool, **given: Any) -> int:
    """Fetch what is new of OSV's advisories, CISA's catalogue (KEV) and FIRST's probabilities (EPSS)."""
    from scanner.cli.db import update

    return update(given, config, force=force)


@db.command(name="import", short_help="Bring in a file, a folder or standard input.")
@click.argument("source", metavar="FILE|FOLDER|-")
@_db
@_config
def db_import(source: str, config: str | None, **given: Any) -> int:
    """Bring in what was fetched elsewhere; feeds of the same name are replaced.

    That is an all.zip of OSV, a folder of archives or records, the file of CISA or FIRST, or what `hullcheck db export`
    wrote.
    """
    from scanner.cli.db import bring

    return bring(source, given, config)


@db.command(name="export", short_help="Write the database to a file.")
@click.argument("target", metavar="FILE")
@_db
@_config
def db_export(target: str, config: str | None, **given: Any) -> int:
    """Write the database to a file, for `hullcheck db import` where there is no network."""
    from scanner.cli.db import export

    return export(target, given, config)


@db.command(name="info", short_help="Show what is in it, and how old it is.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_db
@_config
def db_info(config: str | None, as_json: bool, **given: Any) -> int:
    """Show what is in the database, and how old it is."""
    from scanner.cli.db import info

    return info(given, config, as_json=as_json)


@hullcheck.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print the completion script of a shell, as in: eval "$(hullcheck completion bash)"."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(kind(hullcheck, {}, "hullcheck", "_HULLCHECK_COMPLETE").source())
    return 0
