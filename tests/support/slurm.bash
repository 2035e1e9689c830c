# A Slurm of one's own on this machine: a controller and one node on loopback, with their own key, ports and folders, no
# systemd, no accounting. Sourced by tests; `slurm_start FOLDER [LINE OF slurm.conf]...`, `slurm_stop FOLDER`. The caller
# stops it when it ends, however it ends. sbatch, squeue and the rest find it by $SLURM_CONF.

# slurm_there: whether Slurm and munge are installed.
slurm_there() {
    local program
    for program in slurmctld slurmd munged sbatch squeue scontrol; do
        command -v "$program" >/dev/null || return 1
    done
}

slurm_free_port() {
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# slurm_wait SECONDS COMMAND...: until the command succeeds.
slurm_wait() {
    local last=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$last" ] || return 1
        sleep 0.2
    done
}

slurm_munge() { # folder
    local options=(--force --socket="$1/munge.socket" --key-file="$1/munge.key" --pid-file="$1/munged.pid"
        --log-file="$1/munged.log" --seed-file="$1/munge.seed" --num-threads=2)
    head -c 128 /dev/urandom >"$1/munge.key"
    chmod 0600 "$1/munge.key"
    munged "${options[@]}"
}

# Four processors are declared whatever the machine has: two pilots of whole nodes would otherwise wait for each other.
slurm_configure() { # folder, lines...
    local folder=$1 host user
    shift
    host=$(hostname -s)
    user=$(id -un)
    cat >"$folder/slurm.conf" <<CONF
ClusterName=rise
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$(slurm_free_port)
SlurmdPort=$(slurm_free_port)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=10000
KillWait=2
MinJobAge=300
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 RealMemory=4096
PartitionName=short Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
    [ $# -eq 0 ] || printf '%s\n' "$@" >>"$folder/slurm.conf"
}

slurm_idle() {
    sinfo -h -o %t 2>/dev/null | grep -qx 'idle\|mix'
}

# slurm_start FOLDER [LINE]...: lines are added to slurm.conf.
slurm_start() {
    local folder=$1
    shift
    mkdir -p "$folder/state" "$folder/spool"
    chmod 0755 "$folder" "$folder/spool"
    slurm_configure "$folder" "$@"
    export SLURM_CONF=$folder/slurm.conf
    slurm_munge "$folder" && slurmctld && slurmd && slurm_wait 20 slurm_idle ||
        { tail -n 20 "$folder"/*.log; return 1; }
}

slurm_stop_one() { # pid file
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || return 0
    slurm_wait 10 slurm_gone "$pid" || kill -KILL "$pid"
}

slurm_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# slurm_stop FOLDER: jobs first, so that nothing of them stays.
slurm_stop() {
    [ -f "$1/slurm.conf" ] || return 0
    SLURM_CONF=$1/slurm.conf scancel --quiet -u "$(id -un)" 2>/dev/null
    SLURM_CONF=$1/slurm.conf slurm_wait 10 slurm_empty
    slurm_stop_one "$1/slurmd.pid"
    slurm_stop_one "$1/slurmctld.pid"
    slurm_stop_one "$1/munged.pid"
}

slurm_empty() {
    [ -z "$(squeue -h 2>/dev/null)" ]
}
