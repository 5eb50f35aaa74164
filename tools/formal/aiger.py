"""And-inverter graphs in AIGER's binary format, and their start: the state behind a cycle of reset, whatever was before."""

import dataclasses

TRUE, FALSE, UNKNOWN = 1, 0, None


@dataclasses.dataclass
class Graph:
    """Literals are numbers: 2 n is node n, 2 n + 1 its inverse, 0 and 1 the constants; first inputs, then latches, then gates."""

    inputs: int
    latches: list  # (next, first value: 0, 1 or None)
    outputs: list
    bad: list
    gates: list  # (left, right)

    def gate(self, left, right):
        """The literal of a new gate."""
        self.gates.append((left, right))
        return 2 * (self.inputs + len(self.latches) + len(self.gates))

    def mux(self, choice, yes, no):
        return self.gate(self.gate(choice, yes) ^ 1, self.gate(choice ^ 1, no) ^ 1) ^ 1


def read(path):
    """Reads what `write_aiger` of Yosys writes."""
    data = path.read_bytes()
    at = data.index(b"\n")
    _, _, inputs, latches, outputs, gates, *more = data[:at].split()
    inputs, latches, outputs, gates = int(inputs), int(latches), int(outputs), int(gates)
    bads = int(more[0]) if more else 0
    if any(int(number) for number in more[1:]):
        raise ValueError(f"{path}: constraints are not understood")

    def line():
        nonlocal at
        end = data.index(b"\n", at + 1)
        text, at = data[at + 1 : end], end
        return [int(word) for word in text.split()]

    def delta():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = data[at], at + 1
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    states = []
    for number in range(latches):
        follows, *first = line()
        own = 2 * (inputs + number + 1)
        states.append((follows, first[0] if first and first[0] != own else UNKNOWN if first else 0))
    ends = [line()[0] for _ in range(outputs)]
    bad = [line()[0] for _ in range(bads)]
    at += 1
    found = []
    for number in range(gates):
        left = 2 * (inputs + latches + number + 1) - delta()
        found.append((left, left - delta()))
    return Graph(inputs, states, ends, bad, found)


def after_reset(graph, reset, free=True):
    """The same machine, begun in what any state becomes in a cycle in which the input number `reset` is 1. Every latch begins with 0; of
    what reset does not settle, an input of its own gives the first value, or, not `free`, it is 0."""
    first = settled(graph, reset)
    if not free:
        first = [value or FALSE for value in first]
    free = [number for number, value in enumerate(first) if value is UNKNOWN]
    inputs = graph.inputs + len(free)
    latches = len(graph.latches) + 1
    own = 2 * inputs + 2 * latches  # the last latch: the first cycle is over
    result = Graph(inputs, [], [], [], [])
    result.latches = [None] * latches
    new = [FALSE] + [2 * (number + 1) for number in range(graph.inputs)]
    given = {number: 2 * (graph.inputs + order + 1) for order, number in enumerate(free)}
    for number, value in enumerate(first):
        latch = 2 * (inputs + number + 1)
        new.append(latch ^ 1 if value == TRUE else result.mux(own, latch, given[number]) if value is UNKNOWN else latch)

    def literal(old):
        return new[old >> 1] ^ (old & 1)

    for left, right in graph.gates:
        new.append(result.gate(literal(left), literal(right)))
    result.latches = [(literal(follows) ^ (first[number] == TRUE), 0) for number, (follows, _) in enumerate(graph.latches)] + [(TRUE, 0)]
    result.outputs = [literal(end) for end in graph.outputs]
    result.bad = [literal(end) for end in graph.bad]
    return result


def settled(graph, reset):
    """The value of each latch behind a cycle of reset, where it has one."""
    values = [FALSE] + [TRUE if number == reset else UNKNOWN for number in range(graph.inputs)]
    values += [value for _, value in graph.latches]

    def literal(old):
        value = values[old >> 1]
        return value if value is UNKNOWN else value ^ (old & 1)

    for left, right in graph.gates:
        one, other = literal(left), literal(right)
        if FALSE in (one, other) or left == right ^ 1:
            values.append(FALSE)
        else:
            values.append(UNKNOWN if UNKNOWN in (one, other) else TRUE)
    return [literal(follows) for follows, _ in graph.latches]


def write(path, graph, outputs):
    """Writes a graph with these literals as its outputs, for ABC."""
    nodes = graph.inputs + len(graph.latches) + len(graph.gates)
    text = [f"aig {nodes} {graph.inputs} {len(graph.latches)} {len(outputs)} {len(graph.gates)}"]
    text += [str(follows) for follows, _ in graph.latches] + [str(literal) for literal in outputs]
    data = bytearray(("\n".join(text) + "\n").encode())
    for number, (left, right) in enumerate(graph.gates):
        own = 2 * (graph.inputs + len(graph.latches) + number + 1)
        left, right = max(left, right), min(left, right)
        for value in (own - left, left - right):
            while value >= 128:
                data.append(value & 127 | 128)
                value >>= 7
            data.append(value)
    path.write_bytes(data)
