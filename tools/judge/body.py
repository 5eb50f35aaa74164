"""The part of a random network that works on feature maps."""

import layers


def grow(net, image, count, odd):
    """`count` stages behind the image."""
    map_ = front(net, image) if net.last or odd and net.chance(0.3) else image
    for index in range(count):
        stages = STAGES + (ODD_STAGES if odd else [])
        stage = plain if index == 0 and not odd else net.pick(*stages)
        map_ = stage(net, map_, odd)
    return map_


def front(net, map_):
    """What graphs do with the image itself: another order of the axes, mean and deviation."""
    if net.last:
        height, width, channels = map_.shape
        map_ = net.add("Transpose", [map_], (channels, height, width), perm=[0, 3, 1, 2])
    for operators in net.pick([("Sub",), ("Div",)], [("Mul",), ("Add",)], [("Add",), ("Mul",)], [("Div",)], []):
        map_ = layers.arithmetic(net, map_, operators)
    return layers.batch_norm(net, map_) if net.chance(0.2) else map_


def plain(net, map_, odd, **shape):
    """A convolution, what is folded into it, and an activation."""
    map_ = layers.conv(net, map_, odd=odd, **shape)
    if net.chance(0.1):
        map_ = layers.nothing(net, map_)
    for _ in range(int(net.random.integers(0, 3)) if net.chance(0.5) else 0):
        map_ = net.pick(layers.batch_norm, layers.arithmetic)(net, map_)
    return layers.activation(net, map_, odd) if net.chance(0.75) else map_


def separable(net, map_, odd):
    """A convolution of every channel by itself between two of one pixel, as MobileNets have them."""
    normed = lambda value: layers.batch_norm(net, value) if net.chance(0.7) else value
    source = map_
    if net.chance(0.5):
        map_ = layers.activation(net, normed(layers.conv(net, map_, same=True)), odd)
    map_ = layers.activation(net, normed(layers.conv(net, map_, odd=odd, depthwise=True, same=net.chance(0.6))), odd)
    map_ = normed(layers.conv(net, map_, out=source.shape[0], same=True))
    if map_.shape == source.shape and net.chance(0.5):
        return layers.add(net, net.pick([map_, source], [source, map_]))
    return layers.activation(net, map_, odd)


def pool(net, map_, odd):
    return layers.pool(net, map_, odd)


def nothing(net, map_, odd):
    return layers.nothing(net, map_)


def fire(net, map_, odd):
    """Branches of the same size, concatenated."""
    map_ = plain(net, map_, odd) if net.chance(0.7) else map_
    count = int(net.random.integers(2, 4))
    branches = [plain(net, map_, odd, same=True) for _ in range(count)]
    if net.chance(0.2):
        branches.append(map_)
    return layers.concat(net, branches)


def bypass(net, map_, odd):
    """Maps of the same shape, added."""
    inner = plain(net, map_, odd, same=True) if net.chance(0.5) else map_
    outer = layers.conv(net, inner, out=map_.shape[0], same=True)
    terms = [outer, map_] if net.chance(0.5) else [map_, outer]
    if net.chance(0.2):
        terms.append(layers.conv(net, map_, out=map_.shape[0], same=True))
    map_ = layers.add(net, terms)
    return layers.activation(net, map_, odd) if net.chance(0.6) else map_


def padded(net, map_, odd):
    """Padding of its own before a convolution or a pool."""
    map_ = layers.pad(net, map_, odd)
    if net.chance(0.15):
        map_ = layers.nothing(net, map_)
    return net.pick(plain, plain, pool)(net, map_, odd)


def padded_norm(net, map_, odd):
    """Padding between a convolution and what would be folded into it."""
    map_ = layers.pad(net, layers.conv(net, map_), odd)
    map_ = net.pick(layers.batch_norm, layers.arithmetic, layers.activation)(net, map_)
    return plain(net, map_, odd) if net.chance(0.7) else map_


def padded_join(net, map_, odd):
    """Padded maps, joined."""
    map_ = layers.pad(net, layers.conv(net, map_), odd)
    return net.pick(layers.concat, layers.add)(net, [map_, map_])


def several_pads(net, map_, odd):
    map_ = layers.pad(net, layers.pad(net, map_, odd), odd)
    return net.pick(plain, pool)(net, map_, odd)


def shared(net, map_, odd):
    """A convolution read as it is and through what would be folded into it."""
    base = layers.conv(net, map_)
    changed = net.pick(layers.batch_norm, layers.arithmetic, layers.pad, layers.nothing)(net, base)
    if changed.shape == base.shape:
        return net.pick(layers.add, layers.concat)(net, [base, changed])
    first = layers.conv(net, changed, out=4)
    second = layers.conv(net, base, out=4)
    return layers.concat(net, [first, second]) if first.shape[1:] == second.shape[1:] else first


def bare_norm(net, map_, odd):
    """A factor and offset behind anything."""
    return net.pick(layers.batch_norm, layers.arithmetic)(net, map_)


def arithmetic(net, map_, odd):
    return layers.arithmetic(net, map_, ("Mul", "Add", "Sub", "Div"), odd=True)


def activation(net, map_, odd):
    return layers.activation(net, map_, odd)


def norm_behind_relu(net, map_, odd):
    return layers.batch_norm(net, layers.relu(net, layers.conv(net, map_)))


def turned(net, map_, odd):
    """Transposes that undo each other, with something between."""
    order, back = net.pick(([0, 2, 3, 1], [0, 3, 1, 2]), ([0, 3, 1, 2], [0, 2, 3, 1]), ([0, 1, 3, 2], [0, 1, 3, 2]))
    moved = lambda value, perm: net.add("Transpose", [value], [value.shape[axis - 1] for axis in perm[1:]], perm=perm)
    map_ = moved(map_, order)
    if net.chance(0.5):
        map_ = layers.relu(net, map_)
    return moved(map_, back if net.chance(0.8) else order)


def parted(net, map_, odd):
    """Some of the channels, worked on, beside the others: as ShuffleNet and CSPNet have it."""
    channels = map_.shape[0]
    if channels < 2:
        return plain(net, map_, odd)
    cut = int(net.random.integers(1, channels))
    if net.chance(0.5):
        first, second = layers.split(net, map_, [cut, channels - cut])
    else:
        first, second = layers.taken(net, map_, 1, 0, cut), layers.taken(net, map_, 1, cut, channels)
    second = plain(net, second, odd, same=True)
    if net.chance(0.2):
        return second
    map_ = layers.concat(net, net.pick([first, second], [second, first], [first, second, first]))
    return shuffled(net, map_, odd) if net.chance(0.5) else map_


def shuffled(net, map_, odd):
    groups = [count for count in (2, 3, 4) if map_.shape[0] % count == 0]
    return layers.shuffle(net, map_, net.pick(*groups)) if groups else plain(net, map_, odd)


def shortcut(net, map_, odd):
    """Every other pixel, and channels of zeros: alone, joined, or added to a convolution of that size."""
    step = int(net.random.integers(1, 4)) if net.opset >= layers.SLICE_INPUTS else 1
    map_ = plain(net, map_, odd)
    picked = map_
    for axis in (2, 3) if step > 1 else ():
        picked = layers.taken(net, picked, axis, 0, map_.shape[axis - 1], step)
    picked = layers.zero_channels(net, picked)
    beside = layers.conv(net, picked, out=picked.shape[0], same=True)
    return net.pick(lambda: picked, lambda: layers.concat(net, [picked, beside]), lambda: layers.add(net, [beside, picked]))()


# What stages do, some of it more often; and what few networks have.
STAGES = [plain] * 6 + [pool] * 3 + [fire] * 2 + [bypass] * 2 + [separable] * 2 + [padded] * 2
STAGES += [nothing, parted, shuffled, shortcut]
ODD_STAGES = [padded_norm, padded_join, several_pads, shared, bare_norm, arithmetic, activation, norm_behind_relu, turned]
