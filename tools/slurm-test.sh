#!/bin/sh
# Runs docs/evaluation.md's array job on a Slurm of this one machine, and compares its result with a whole run's, byte for byte.
# Needs root and apt: installs slurm-wlm and munge where missing; starts its own daemons and ends them.
set -eu
cd "$(dirname "$0")/.."

# The program may be given; else it is what `make build` leaves.
systole=${1:-$PWD/target/release/systole}
[ -x "$systole" ] || { echo "no $systole: run make build first" >&2; exit 1; }
command -v slurmctld >/dev/null && command -v munged >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

work=$(mktemp -d)
chmod 755 "$work"
pids=
# shellcheck disable=SC2086  # a list of process ids
stop() {
    kill $pids 2>/dev/null || true
    wait $pids 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT INT TERM

# A munge of our own, with its own key and socket.
dd if=/dev/urandom of="$work/key" bs=128 count=1 2>/dev/null
chmod 400 "$work/key"
munged --foreground --force --key-file="$work/key" --socket="$work/munge" --pid-file="$work/munge.pid" \
    --seed-file="$work/seed" --log-file="$work/munge.log" >/dev/null 2>&1 &
pids="$pids $!"

host=$(hostname -s)
mkdir "$work/state" "$work/spool"
cat >"$work/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge
CredType=cred/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
CONF
export SLURM_CONF="$work/slurm.conf"
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -S "$work/munge" ] && break; sleep 0.5; done
slurmctld -D >"$work/ctld.out" 2>&1 &
pids="$pids $!"
slurmd -D -N "$host" >"$work/slurmd.out" 2>&1 &
pids="$pids $!"
for _ in $(seq 60); do sinfo -h -o %t 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo

# The demonstration's network and images; the labels end their names.
root=$PWD
cd "$work"
"$systole" quantize "$root/host/demo/digits.onnx" --calibrate "$root/host/demo/calibration" --preprocess grey -o digits.net >/dev/null
for image in "$root"/host/demo/images/*.png; do
    name=$(basename "$image")
    class=${name%.png}
    echo "$name ${class##*_}"
done >labels.txt
mkdir shards
cat >eval.sbatch <<JOB
#!/bin/sh
#SBATCH --array=1-4
#SBATCH --cpus-per-task=1
#SBATCH --requeue
export RAYON_NUM_THREADS="\$SLURM_CPUS_PER_TASK"
exec "$systole" eval digits.net --images "$root/host/demo/images" --labels labels.txt \\
    --shard "\$SLURM_ARRAY_TASK_ID/\$SLURM_ARRAY_TASK_COUNT" --resume -o "shards/\$SLURM_ARRAY_TASK_ID.json"
JOB
job=$(sbatch --parsable eval.sbatch)
sbatch --wait --dependency="afterok:$job" --wrap "'$systole' eval --merge shards/*.json -o result.json" || {
    cat slurm-*.out "$work/slurmctld.log" >&2
    exit 1
}
"$systole" eval digits.net --images "$root/host/demo/images" --labels labels.txt -o whole.json
cmp result.json whole.json
echo "an array job of 4 tasks under $(sinfo --version): the merged result is the whole run's, byte for byte"
