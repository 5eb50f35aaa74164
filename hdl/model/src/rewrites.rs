//! Every rewrite of the importers: what it does, when it is allowed, and its nearest neighbour that is not. Printed into
//! docs/operators.md; tests hold both sides against onnxruntime.

/// Rewrite, condition, what is done to (or said of) the nearest form that does not meet it.
pub(crate) const REWRITES: &[[&str; 3]] = &[
    [
        "Flatten, Reshape, Squeeze, Unsqueeze, Transpose: no step",
        "axes stay whole or are parted; where every value lies is followed exactly",
        "a Reshape that mixes channels, rows and columns in one axis: refused",
    ],
    [
        "fully connected layer: a convolution with the whole map as its kernel",
        "the last axis holds all values of an image, in any order: the columns of the weights are put in the map's",
        "a last axis that holds some of them (MatMul of a map, of groups): refused",
    ],
    [
        "scores in another order: rows of the last convolution in that order",
        "one value per class; only ReLU, clips and averages lie between",
        "two branches joined or added in between: refused",
    ],
    [
        "convolutions, pools, batch norms of a map on other axes",
        "where the channels alone are in another order, as behind Reshape, Transpose, Reshape (a channel shuffle): as channels taken",
        "a Transpose to channels last without one back: refused; additions, ReLU and means take any axes",
    ],
    [
        "channels taken (Slice, Split, Gather; repeated, shuffled): into the weights before and behind",
        "convolutions before, with ReLU, clips, pools and joins between, make those channels alone, which are made twice where others \
         read all of them; convolutions behind take them where they are, with weights of zero for what they do not read",
        "added to channels in another order: a 1x1 convolution of ones and zeros, channels x channels bytes; of padded maps, of rows \
         or columns: refused",
    ],
    [
        "every n-th row and column (Slice): a pool of windows of one pixel, no weights",
        "rows and columns alike, from the first one to the last",
        "other steps, a part of the rows: refused",
    ],
    [
        "channels of zeros (Pad): as channels taken",
        "before or behind the others; added, as in a ResNet's shortcut without parameters, a 1x1 convolution of ones and zeros: \
         channels x channels bytes, and as many multiply-accumulates for every pixel",
        "other values than zero: refused",
    ],
    [
        "GlobalMaxPool: pools of 3x3 windows, 2 apart, until the map is one pixel",
        "any map; up to 3x3 one window",
        "ReduceMax of a map: refused",
    ],
    [
        "Max with 0, Min with a maximum: ReLU, a clip from 0",
        "one constant for all; Min behind what is not below zero, or read by Max with 0 or ReLU alone",
        "Max with another constant, Min alone, both of two maps: refused",
    ],
    [
        "image with its channels last: the Transpose behind it is left out",
        "the first operator that tells axes apart is a Transpose by 0, 3, 1, 2",
        "another Transpose of the image: refused",
    ],
    [
        "constant per channel (Mul, Add, Sub, Div, BatchNormalization, Scale): into the convolution before it",
        "nothing between but averages without padding, and storage; one value per channel wherever the axes of the constant lie",
        "positive factors alone also pass ReLU and other pools; else behind these, or behind an addition: a 1x1 convolution of every channel by itself; different along a row: refused",
    ],
    [
        "the same behind padding that is kept back",
        "no offset: zeros stay zeros",
        "with an offset the zeros are put there first, by a 1x1 convolution of every channel by itself",
    ],
    [
        "zero padding kept back: into the padding of what follows",
        "a convolution; ReLU, a clip from 0 and a factor between; an average pool without padding, the same on all sides; a max pool \
         where nothing is below zero",
        "other pools: zeros are put there first, by a 1x1 convolution; a global average, an addition, a flattening: refused",
    ],
    [
        "max pool with different padding on its sides",
        "nothing is below zero (behind a ReLU): zeros are put there by a 1x1 convolution; or rounding up or down says the same",
        "values below zero: refused, padding is less than any value there",
    ],
    [
        "1x1 convolution or fully connected layer behind the global average: before it",
        "nothing but these and constants per channel between; a stride is the same on one pixel",
        "behind a ReLU, clip, addition: on one pixel, with the average as a window over the whole map, where there are fewest channels: \
         height x width x channels x channels bytes",
    ],
    [
        "QuantizeLinear of the global average: left to the host, which saturates",
        "nothing but changes of axes, and what is left to the host, behind it",
        "any layer behind it: on one pixel, which saturates; quantised, the average is the last step again where that cuts nothing",
    ],
    ["ReLU behind ReLU, pool or average of such: left out", "nothing is below zero", "behind an addition with a map that is: kept"],
    [
        "Softmax, LogSoftmax, ArgMax: left to the host",
        "one value per class, all classes in one group, behind it nothing that changes their order",
        "over groups of classes, over rows of a map: refused",
    ],
    [
        "Sigmoid, HardSigmoid, and behind these or a Softmax a positive factor: left to the host",
        "one value per class; behind them the same, or a change of axes",
        "negative or different factors, another layer behind it: refused",
    ],
    ["Dropout, Identity, Cast between floats: left out", "not in training", "Dropout in training, Cast to integers: refused"],
    [
        "sizes computed from shapes: constants",
        "a batch that is left open is one image, as the machine takes them",
        "height or width left open: give the input size",
    ],
];

/// The table as a section of the page of operators.
pub(crate) fn section() -> String {
    let rows: String = REWRITES.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
    format!(
        "\n## What is rewritten, and when\n\n| rewrite | allowed | nearest form that is not |\n|---|---|---|\n{rows}"
    )
}
