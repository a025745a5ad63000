"""Makes a run over links of the options that a person gave."""

from collections.abc import Callable, Sequence

from index.catalogue.checks.checker import Target
from index.catalogue.checks.inside import Inside
from index.catalogue.checks.network import Network
from index.catalogue.checks.pages import ShownPage
from index.catalogue.checks.records import Verdict
from index.catalogue.checks.run import Bounds, Run, user_agent
from index.catalogue.http import Addresses, is_inside, is_public
from index.cli.link_options import Requests


def run_of(
    options: Requests,
    purpose: str,
    *,
    found: Callable[[Target, Verdict], None],
    network: Network,
    reader: Callable[[ShownPage], object] | None = None,
    inside: Sequence[str] = (),
) -> Run:
    """Return a run at the pace and within the limits of the options; sites see its `purpose` in the User-Agent."""
    bounds = Bounds(
        concurrency=options.concurrency,
        per_host=options.per_host,
        delay_s=options.delay,
        timeout_s=options.timeout,
        retries=options.retries,
        user_agent=options.user_agent or user_agent(purpose),
    )
    addresses = Addresses(permitted=is_inside if options.allow_private else is_public)
    return Run(
        found=found, bounds=bounds, addresses=addresses, network=network, reader=reader, inside=Inside(tuple(inside))
    )
