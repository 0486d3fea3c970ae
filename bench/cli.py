"""The commands, thin: parse, call, print."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import built_in, completion
from bench.arguments import Command

if TYPE_CHECKING:
    from runners.options import Options

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
command = partial(app.command, cls=Command)
stats = typer.Typer(
    no_args_is_help=True, help="Statistics of real data as files, to score against one reference."
)
app.add_typer(stats, name="stats")
stats_command = partial(stats.command, cls=Command)


class Device(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Plan(StrEnum):
    """What becomes of what was planned before."""

    ADD = "add"
    REPLACE = "replace"


class Wandb(StrEnum):
    """What wandb does."""

    offline = "offline"
    online = "online"
    disabled = "disabled"


class Rerun(StrEnum):
    """How many runs of a bundle are made again."""

    one = "one"
    none = "none"
    all = "all"


class Format(StrEnum):
    """How samples are written."""

    png = "png"
    npz = "npz"


class Style(StrEnum):
    """How the figures of a report look."""

    page = "page"
    paper = "paper"


DataRoot = Annotated[
    Path | None, typer.Option(help="Folder of data sets; default: the user's cache.")
]
Weights = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Inception weights; default: torch-fidelity downloads."),
]
Trust = Annotated[
    bool, typer.Option("--trust-weights", help="Load weights even if that could run code.")
]
Plugins = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="Load components from a Python file."),
]
ENGINES_PANEL = "Engines"
WATCHED = (
    "--detach: --retries and --run-timeout need somebody who watches the runs; leave them out, or "
    "leave --detach out"
)
RunFolder = Annotated[Path, typer.Argument(help="results/<grid>/runs/<run>.", metavar="RUN")]


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        try:
            typer.echo(f"lipschitz-bench {metadata.version('lipschitz-bench')}")
        except metadata.PackageNotFoundError:
            typer.echo(f"lipschitz-bench in {Path(__file__).parents[1]}, not installed")
        raise typer.Exit


@app.callback()
def bench(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Ablation benchmarks of Lipschitz constraints on GAN discriminators."""


@command()
def run(
    grid: Annotated[
        str,
        typer.Option(
            help=f"A grid file, or a built-in: {', '.join(built_in.names())}.",
            autocompletion=completion.grids,
        ),
    ],
    steps: Annotated[int | None, typer.Option(help="Generator steps of every run.")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="A count (3 means 0, 1, 2) or a list: 0,4,7.")
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Methods to run, separated by commas.", autocompletion=completion.methods
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials per method, in a grid with tuning.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a field of base, as loss=hinge."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Results go to OUT/<grid>.")] = Path("results"),
    former: Annotated[
        Plan | None,
        typer.Option(
            "--plan", help="What becomes of runs planned there before that this does not run."
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to train.")] = Device.auto,
    engine: Annotated[
        str,
        typer.Option(
            help="What executes the runs; see `bench list engines`.",
            autocompletion=completion.engines,
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs at once, of SLURM jobs; default: one per core or GPU.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    devices: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Devices of this machine: cpu, or cuda:0,cuda:1.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    per_device: Annotated[
        int | None,
        typer.Option(min=1, help="Runs at once on each device.", rich_help_panel=ENGINES_PANEL),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Head of a Ray cluster, or auto; default: one started here.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    cpus: Annotated[
        float | None,
        typer.Option(help="Cores of a run, or of a SLURM job.", rich_help_panel=ENGINES_PANEL),
    ] = None,
    gpus: Annotated[
        float | None,
        typer.Option(
            help="GPUs of a run, or share of one, or of a SLURM job.", rich_help_panel=ENGINES_PANEL
        ),
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Run the I-th of N shares of the grid, of equal cost."
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="LIMIT", help="Of a SLURM job, as 2:00:00.", rich_help_panel=ENGINES_PANEL
        ),
    ] = None,
    sbatch: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPTION",
            help="For sbatch, as --partition=gpu, or a file of #SBATCH lines.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            help="End once SLURM has everything; the same command looks again.",
            rich_help_panel=ENGINES_PANEL,
        ),
    ] = False,
    wandb: Annotated[Wandb, typer.Option(help="What wandb does.")] = Wandb.offline,
    data_root: DataRoot = None,
    run_timeout: Annotated[
        float | None,
        typer.Option(
            min=1, metavar="SECONDS", help="Stop a run that takes longer; default: never."
        ),
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, max=100, help="Attempts more at a crashed run.")
    ] = 0,
    redo_damaged: Annotated[
        bool, typer.Option("--redo-damaged", help="Set damaged runs aside and run them again.")
    ] = False,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and what it costs here.")
    ] = False,
) -> None:
    """Run a grid; runs that are done are skipped, unfinished ones go on where they stopped."""
    from bench import grid as grids
    from bench.budget import require_known
    from bench.dry_run import print_plan
    from bench.plan import Former
    from bench.session import run_grid
    from bench.shard import ALL, parse
    from runners.engines import chosen
    from runners.engines.resources import Resources
    from runners.errors import UserProblem
    from runners.options import Limits, Options

    files = _load(plugin)
    resources = Resources(
        workers=workers,
        devices=_names(devices) or (),
        per_device=per_device,
        cpus=cpus,
        gpus=gpus,
        time=time,
        sbatch=tuple(sbatch or ()),
        detach=detach,
        address=address,
    )
    limits = Limits(run_timeout, retries)
    if detach and limits != Limits():
        raise UserProblem(WATCHED)
    entry = chosen(engine, resources)
    kept, part = Former(former.value) if former else None, parse(share)
    overrides = grids.Overrides(
        steps=steps,
        seeds=seeds,
        methods=_names(methods),
        set=tuple(set_ or ()),
        trials=trials,
    )
    plan = grids.load(grids.find(grid), overrides)
    if not dry_run:
        require_known(plan, out, engine, part != ALL)
    options = Options(
        device=device.value,
        wandb=wandb.value,
        grid=plan.name,
        redo_damaged=redo_damaged,
        inception_weights=inception_weights,
        trust_weights=trust_weights,
        plugins=files,
    )
    if data_root is not None:
        options = replace(options, data_root=data_root)
    if dry_run:
        one = partial(chosen("local").made, Resources(workers=1))
        print_plan(plan, out, options, one, kept, part)
        return
    made = partial(entry.made, resources)
    raise typer.Exit(run_grid(plan, out, options, made, limits, kept, part))


@command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The grid file, as my.yaml.")],
) -> None:
    """Write a grid file with a comment on every key, to begin from."""
    from bench.init import write_grid

    typer.echo(write_grid(file))


@command("grid-reference")
def grid_reference(plugin: Plugins = None) -> None:
    """Print all keys of a grid file: type, default, meaning."""
    from bench.reference import reference

    _load(plugin)
    typer.echo(reference())


@command()
def report(
    results: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A grid's results folder, default the newest under results/; or several, of which "
            "the others are compared with the first.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write to; default: RESULTS/report, of several grids a folder in "
            "compared/ beside RESULTS."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD",
            help="Compare with an older grid; exit code 1 if anything is worse beyond noise.",
        ),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(
            metavar="[SCORE=]SIZE",
            help="What is no regression yet: 10% of the old score, or 0.5; default: 20%.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Draw figures again that have not changed.")
    ] = False,
    metric: Annotated[
        str | None,
        typer.Option(
            help="The score that claims are made of; default: the plan's first.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="The method that the others are compared against."),
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Methods to show, separated by commas; default: all.")
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            help="Further files of every figure: png, svg, pdf, separated by commas; default: "
            "what the page shows, which is SVG, and PNG of pixels."
        ),
    ] = None,
    style: Annotated[
        Style, typer.Option(help="Figures for the page, or for a column of a paper.")
    ] = Style.page,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    plugin: Plugins = None,
) -> None:
    """Render grids' results, finished or not, as tables, figures and one HTML page."""
    from bench.compared import folders_of
    from reports.choice import Choice

    folders = folders_of(results or [], against, margin)
    choice = Choice(metric, baseline, _names(methods), _names(formats) or (), style.value)
    _load(plugin)
    regressed = False
    if len(folders) == 1:
        from reports.render import render  # imports the drawing libraries, which takes seconds

        page = render(folders[0], out, force, choice)
    else:
        from reports.render_several import beside, render_several

        home = folders[0 if against is None else 1]
        done = render_several(folders, out or beside(home, folders), force, choice, margin)
        page, regressed = done.page, against is not None and done.regressed
        for line in done.lines:
            typer.echo(line)
    typer.echo(f"report: {page}")
    if open_:
        _open(page)
    raise typer.Exit(1 if regressed else 0)


@command()
def status(
    results: Annotated[
        Path | None,
        typer.Argument(help="A grid's results folder; default: the newest under results/."),
    ] = None,
) -> None:
    """Say how a grid stands, whatever executes it and wherever: nothing is changed."""
    from bench.status import print_status
    from runners.store.grid import found, newest_results

    print_status(found(results or newest_results(Path("results"))))


@command()
def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RESULTS", help="Results folders of one grid.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A new folder; named as the grid, runs go on there.")
    ],
    prefer: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Whose runs are kept where ended ones differ."),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Merge results folders of one grid, made in parts or on several machines, into a new one."""
    from rich.console import Console

    from bench.merge import merge as merge_folders

    _load(plugin)
    merge_folders(folders, out, prefer, Console(soft_wrap=True))


@stats_command("export")
def export_statistics(
    name: Annotated[str, typer.Argument(metavar="DATASET_OR_GRID", help="What it is of.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A .safetensors file, or .npz for other tools.")
    ],
    split: Annotated[str, typer.Option(help="Of an .npz: train, validation or test.")] = "train",
    extractor: Annotated[
        str | None, typer.Option(help="classifier, inception, inception_bf16 or coordinates.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Write mean and covariance of real data's features, and what they were made of, as a file."""
    from bench.stats import export

    _load(plugin)
    options = _judging(data_root, inception_weights, trust_weights)
    for line in export(name, out, split, extractor, options):
        typer.echo(line)


@stats_command("import")
def import_statistics(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Of export, or mu and sigma.")],
    dataset: Annotated[
        str | None, typer.Option(help="Of an .npz: the data set, or a grid with it.")
    ] = None,
    n: Annotated[int | None, typer.Option("--n", min=2, help="Of an .npz: of how many data.")] = (
        None
    ),
    extractor: Annotated[
        str | None, typer.Option(help="Of an .npz: what made its features.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Put a file of statistics where grids that name its id score against it."""
    from bench.stats import take_in

    _load(plugin)
    options = _judging(data_root, inception_weights, trust_weights)
    for line in take_in(file, dataset, n, extractor, options):
        typer.echo(line)


@command("import")
def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE",
            help="Offline wandb folders, CSV files, TensorBoard event files, folders of images.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A new results folder.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="NAME=COLUMN",
            help="Which column is run, method, seed, step, protocol, dataset, fid, loss_d, ...",
        ),
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A score the suite does not know; lower is better."),
    ] = None,
    higher: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A score the suite does not know; higher is better."),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX", help="Of runs' names, with the groups (?P<method>) and (?P<seed>)."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="A data set, or a grid, that folders of images are scored against."),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Of images, separated by commas; default: the usual ones.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    extractor: Annotated[
        str | None, typer.Option(help="Of images: classifier, inception or inception_bf16.")
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Import runs that others made as a results folder for `bench report`, never as paired ones."""
    from rich.console import Console

    from bench.imports.asked import asked
    from bench.imports.command import import_runs
    from bench.imports.found import Judge
    from bench.judged import judged

    _load(plugin)
    judge = None
    if dataset is not None:
        options = _judging(data_root, inception_weights, trust_weights)
        judge = Judge(*judged(dataset, extractor, _names(metrics)), options)
    said = asked(map_ or (), lower or (), higher or (), pattern, judge)
    import_runs(sources, out, said, Console(soft_wrap=True))


@command()
def bundle(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A grid's results folder.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="A new file, as results.zip.")
    ],
    checkpoints: Annotated[
        bool, typer.Option("--checkpoints", help="Take the runs' checkpoints along.")
    ] = False,
) -> None:
    """Write a grid's results as one file that others can check with `bench verify`."""
    from rich.console import Console

    from bench.bundle.make import bundle as write_bundle

    write_bundle(results, out, checkpoints, Console(soft_wrap=True))


@command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `bench bundle`.")],
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="What the file's hash was said to be.")
    ] = None,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="The run to make again.")
    ] = None,
    rerun: Annotated[
        Rerun | None,
        typer.Option(help="How many runs to make again; default: one by the hash, if possible."),
    ] = None,
    device: Annotated[
        Device, typer.Option(help="Where to make it again; auto: where it was made, if possible.")
    ] = Device.auto,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Check a bundle: every hash, every table, and one run made again; runs no code of it."""
    from rich.console import Console

    from bench.bundle.verify import Asked
    from bench.bundle.verify import verify as check_bundle
    from runners.options import Options

    options = Options(
        device=device.value,
        inception_weights=inception_weights,
        trust_weights=trust_weights,
        plugins=tuple(path.absolute() for path in plugin or ()),
    )
    if data_root is not None:
        options = replace(options, data_root=data_root)
    asked = Asked(digest or "", run_id or "", rerun.value if rerun else "")
    raise typer.Exit(check_bundle(file, asked, options, Console(soft_wrap=True)))


@command()
def sync(
    results: Annotated[
        Path | None,
        typer.Argument(help="A grid's results folder; default: the newest under results/."),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(min=1, metavar="SECONDS", help="Stop an upload in which nothing gets done."),
    ] = 120,
) -> None:
    """Upload what wandb wrote offline of a grid's ended runs, each once."""
    from rich.console import Console

    from bench.sync import sync as upload
    from runners.store.grid import newest_results

    folder = results or newest_results(Path("results"))
    raise typer.Exit(upload(folder, patience, Console(soft_wrap=True)))


@command()
def doctor(
    out: Annotated[Path, typer.Option(help="Where results would go.")] = Path("results"),
    data_root: DataRoot = None,
) -> None:
    """Check this machine: libraries, device, disk, data, wandb; say what to do."""
    from bench import doctor as checks
    from runners.options import Options

    options = Options() if data_root is None else Options(data_root=data_root)
    raise typer.Exit(checks.print_findings(out, options))


@command("eval")
def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN_OR_RESULTS", help="A run's folder, or a grid's.")
    ],
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Metrics, separated by commas; default: the run's own.",
            autocompletion=completion.metrics,
        ),
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Generated data per run.")] = None,
    extractor: Annotated[
        str | None, typer.Option(help="classifier, inception, inception_bf16 or coordinates.")
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Of statistics that `bench stats import` took in."),
    ] = None,
    data_root: DataRoot = None,
    inception_weights: Weights = None,
    trust_weights: Trust = False,
    plugin: Plugins = None,
) -> None:
    """Score finished runs again from their checkpoints, G itself and no average; appended."""
    from bench import stored_runs

    _load(plugin)
    options = _judging(data_root, inception_weights, trust_weights)
    changes = {
        "metrics": _names(metrics),
        "samples": samples,
        "extractor": extractor,
        "reference": reference,
    }
    given = {key: value for key, value in changes.items() if value is not None}
    for line in stored_runs.evaluate(folder, given, options):
        typer.echo(line)


@command()
def sample(
    folder: RunFolder,
    n: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="How many.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    form: Annotated[Format, typer.Option("--format", help="One PNG an image, or one array.")] = (
        Format.png
    ),
    plugin: Plugins = None,
) -> None:
    """Write samples of a run's generator itself, not of its average."""
    from bench import stored_runs

    _load(plugin)
    typer.echo(stored_runs.sample(folder, n, out, form.value))


@command("list")
def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="A kind of component, engines or grids; default: all.",
            autocompletion=completion.kinds,
        ),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """List what there is to choose from, one line each."""
    from bench.registries import listing

    _load(plugin)
    typer.echo(listing(kind))


@command()
def show(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN_OR_RESULTS", help="A run's folder, or a grid's.")
    ],
) -> None:
    """Show a run: status, resolved spec, last scores; of a grid the signatures of its scores."""
    from bench import stored_runs

    for line in stored_runs.show(folder):
        typer.echo(line)


@command()
def check(
    plugin: Annotated[Path, typer.Argument(metavar="FILE", help="A Python file of components.")],
) -> None:
    """Run the contract suite on a plugin's components and say what is broken."""
    from bench.check import check as run_checks

    lines, sound = run_checks(plugin)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if sound else 1)


def _open(page: Path) -> None:
    """Open a page in the user's browser, or say that there is none."""
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        typer.echo(f"--open: no browser was found; open {page} yourself", err=True)


def _load(plugin: list[Path] | None) -> tuple[Path, ...]:
    """Load the installed plugins and those named, and return the latter for other processes."""
    from runners import plugins

    files = tuple(path.absolute() for path in plugin or ())
    plugins.load_all(files)
    return files


def _judging(data_root: Path | None, weights: Path | None, trust: bool) -> Options:
    """Return the options of a command that scores and trains nothing."""
    from runners.options import Options

    options = Options(device="auto", inception_weights=weights, trust_weights=trust)
    return options if data_root is None else replace(options, data_root=data_root)


def _names(text: str | None) -> tuple[str, ...] | None:
    """Return the names that are separated by commas, or None where none were given."""
    return None if text is None else tuple(name.strip() for name in text.split(","))
