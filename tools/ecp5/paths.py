"""Slowest path into each part of a placed and routed design, from nextpnr's report with --detailed-timing-report."""

# Levels of the hierarchy that are no parts themselves.
LEVELS = ("linked", "machine", "core")


def part_of(cell):
    """Name of the part that a cell lies in: the first instance below the levels; of a level's own registers, the level."""
    level = "top"
    *instances, _ = cell.split(".")
    for name in instances:
        if name not in LEVELS:
            return name
        level = name
    return level


def slowest(report):
    """Per part the latest arrival at one of its registers' inputs in nanoseconds, setup left out; slowest part first."""
    worst = {}
    for net in report["detailed_net_timings"]:
        for end in net["endpoints"]:
            if "async" in net["event"] or "async" in end["event"]:
                continue
            part = part_of(end["cell"])
            worst[part] = max(worst.get(part, 0.0), end["delay"][1])
    return sorted(worst.items(), key=lambda line: -line[1])
