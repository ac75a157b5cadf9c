"""``plan``: say what a run would ask and judge, and send nothing."""

from pathlib import Path
from typing import Any

import click

from cqsc_conform.cli.options import (
    choice_options,
    json_option,
    language_option,
    path_argument,
    profile_option,
    region_options,
)
from cqsc_conform.cli.say import say


@click.command(name="plan", help=say("cli.plan.help"), short_help=say("cli.plan.short"))
@path_argument("targets", many=True)
@profile_option
@region_options
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("cli.opt.plan_out"))
@choice_options
@json_option
@language_option
def command(
    targets: tuple[Path, ...],
    out: Path | None,
    as_json: bool,
    **chosen: Any,  # noqa: ANN401 - options that make a plan
) -> int:
    """Plan each target."""
    from cqsc_conform.cli.assemble import prepare
    from cqsc_conform.cli.lang import spoken
    from cqsc_conform.cli.running import choices_of, job_of, wanted_of
    from cqsc_conform.cli.showing import show, show_bytes
    from cqsc_conform.errors import KitError
    from cqsc_conform.model.codec import encode_readable
    from cqsc_conform.reports.plan_text import PlanPage

    if out is not None and len(targets) > 1:
        raise KitError("cli.one_plan_a_file", where=str(out))
    for path in targets:
        plan = prepare(path, wanted_of(chosen), choices_of(chosen, job_of(chosen))).plan
        if out is not None:
            out.write_bytes(encode_readable(plan))
        if as_json:
            show_bytes(encode_readable(plan))
        else:
            show(PlanPage(plan, spoken()))
    return 0
