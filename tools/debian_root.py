"""Folders with Debian's minimum and Python, to be entered by chroot: of this machine's kind, or of another under qemu-user.

Each is made once, by debootstrap, in build/clean; what wants one takes a copy. Only root may make and enter them.
"""
import os
import pathlib
import platform
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "build/clean"
SUITE = "bookworm"
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
PROXIES = "http_proxy", "https_proxy", "no_proxy"
PACKAGES = "python3-venv,ca-certificates"
# Of another kind of machine, where pip takes NumPy from no index.
FOREIGN = "python3-pip,python3-numpy,ca-certificates"
# A machine, as Python names it: Debian's name of it, qemu's, and of its folder of libraries.
MACHINES = {"aarch64": ("arm64", "qemu-aarch64-static", "aarch64-linux-gnu"), "armv7l": ("armhf", "qemu-arm-static", "arm-linux-gnueabihf")}


def lacks(machine):
    """Why nothing can be run on that kind of machine here; None where it can."""
    if os.geteuid():
        return "only root may enter another root"
    wanted = ["debootstrap", *([] if machine == platform.machine() else [MACHINES[machine][1]])]
    absent = [name for name in wanted if not shutil.which(name)]
    return f"{' and '.join(absent)} absent: apt-get install debootstrap qemu-user-static" if absent else None


def minimum(machine):
    """Path of the one that is kept."""
    own = machine == platform.machine()
    kept = KEPT / f"{SUITE}-{machine}"
    if kept.is_dir():
        return kept
    part = kept.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    of = [f"--include={PACKAGES}"] if own else [f"--include={FOREIGN}", "--foreign", f"--arch={MACHINES[machine][0]}"]
    print(f"fetching Debian's minimum for {machine} into {kept}", file=sys.stderr)
    made = subprocess.run(["debootstrap", "--variant=minbase", *of, SUITE, part], capture_output=True, text=True)
    if made.returncode:
        sys.exit(f"debootstrap: {made.returncode}\n{made.stdout}{made.stderr}")
    # What configures the packages of another machine would have to run there; Python needs none of it.
    for package in [] if own else sorted(part.glob("var/cache/apt/archives/*.deb")):
        subprocess.run(["dpkg-deb", "--extract", package, part], check=True)
    part.rename(kept)
    return kept


class DebianRoot:
    """A copy in `folder`, which is there and empty. Its network is this machine's, with its certificates and proxies."""

    def __init__(self, folder, machine):
        self.root, self.machine = folder, machine
        self.environment = {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "PIP_CERT": f"/{CERTIFICATES}"}
        self.environment |= {name: value for name, value in os.environ.items() if name.lower() in PROXIES}
        subprocess.run(["cp", "--archive", "--reflink=auto", f"{minimum(machine)}/.", folder], check=True)
        for file in "etc/resolv.conf", CERTIFICATES:
            shutil.copyfile(f"/{file}", folder / file)
        if machine != platform.machine():
            _, qemu, libraries = MACHINES[machine]
            shutil.copy(shutil.which(qemu), folder / "usr/bin" / qemu)
            self.environment["LD_LIBRARY_PATH"] = ":".join(f"/usr/lib/{libraries}/{name}" for name in ("blas", "lapack"))

    def run(self, desk, *words):
        """A command in the root's folder `desk`; of another machine, one that starts no other."""
        entered = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc", "chroot", self.root, "/usr/bin/env", f"--chdir={desk}"]
        if self.machine == platform.machine():
            return subprocess.run([*entered, *words], env=self.environment, capture_output=True, text=True)
        variables = [word for name, value in self.environment.items() for word in ("-E", f"{name}={value}")]
        chroot = [*entered[:-2], f"/usr/bin/{MACHINES[self.machine][1]}", *variables, *words]
        return subprocess.run(chroot, capture_output=True, text=True)
