//! The official sources of trained networks: the one table of addresses, lengths and hashes.

/// One file of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name under which it is kept, and last part of its address.
    pub file: &'static str,
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: &'static str,
}

/// A network that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub name: &'static str,
    pub title: &'static str,
    /// Address of the folder that holds the files.
    pub folder: &'static str,
    pub files: &'static [Source],
}

/// Every network that can be fetched.
pub const NETWORKS: [Network; 1] = [Network {
    name: "squeezenet1.1",
    title: "SqueezeNet v1.1 for Caffe (forresti/SqueezeNet, BSD-2-Clause)",
    folder:
        "https://raw.githubusercontent.com/forresti/SqueezeNet/51147dc0681638c28aad593b9e923f3500117125/SqueezeNet_v1.1",
    files: &[
        Source {
            file: "squeezenet_v1.1.caffemodel",
            bytes: 4_950_080,
            sha256: "72b912ace512e8621f8ff168a7d72af55910d3c7c9445af8dfbff4c2ee960142",
        },
        Source {
            file: "deploy.prototxt",
            bytes: 9_678,
            sha256: "d041bfb2ab4b32fda4ff6c6966684132f2924e329916aa5bfe9285c6b23e3d1c",
        },
    ],
}];

impl Network {
    /// The network of that name.
    pub fn by_name(name: &str) -> Option<&'static Network> {
        NETWORKS.iter().find(|network| network.name == name)
    }
}
