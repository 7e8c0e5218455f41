#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# slurm.sh UFFDSIM FILE PARTS - the parts by a job array of Slurm, on a cluster made for this test
set -eu
uffdsim=$(realpath "$1") file=$(realpath "$2") parts=$3
for tool in slurmctld slurmd sbatch munged; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || exit 77
done
PATH=$PATH:/usr/sbin
[ "$(id -u)" = 0 ] || exit 77
dir=$(mktemp -d)
pids=
stop() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap stop EXIT
cd "$dir"
chmod 755 "$dir"
name=$(sed -n 's/^uffd //p' "$file")

# A key, a controller, two nodes; ports that nobody else has.
host=$(hostname -s)
port=$((20000 + $$ % 20000))
mkdir spool state munge
head -c 1024 /dev/urandom >munge/key
chmod 400 munge/key
cat >slurm.conf <<CONF
ClusterName=uffdsim
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CryptoType=crypto/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SchedulerParameters=sched_min_interval=100000
ReturnToService=2
MpiDefault=none
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
SLURM_CONF=$dir/slurm.conf
export SLURM_CONF
munged -F --force --socket "$dir/munge/socket" --key-file "$dir/munge/key" --pid-file "$dir/munge/pid" \
	--log-file "$dir/munge/log" --seed-file "$dir/munge/seed" >/dev/null 2>&1 &
pids="$pids $!"
for i in $(seq 50); do
	[ -S munge/socket ] && break
	sleep 0.1
done
slurmctld -D >ctld.log 2>&1 &
pids="$pids $!"
for n in n1 n2; do
	slurmd -D -N $n >$n.log 2>&1 &
	pids="$pids $!"
done
for i in $(seq 100); do
	[ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && break
	sleep 0.2
done
if [ "$(sinfo -h -o %T 2>/dev/null)" != idle ]; then
	echo "Slurm does not come up here:"
	tail -n 5 ctld.log n1.log
	exit 77
fi

"$uffdsim" explore --notime --no-trace "$file" >whole
"$uffdsim" explore --split "$parts" "$file" >/dev/null
cat >job.sh <<JOB
#!/bin/sh
exec "$uffdsim" explore --notime --part $name.\$SLURM_ARRAY_TASK_ID.part "$file"
JOB
sbatch --wait --array="1-$parts" --output=%a.out --chdir="$dir" job.sh
"$uffdsim" explore --notime --no-trace --merge "$file" "$name".*.part >merged
cmp whole merged
for i in $(seq "$parts"); do
	grep '^Executions' "$i.out"
done
