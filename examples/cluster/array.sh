#!/bin/bash
# A sweep as a job array, without Dask: every job does its share, the last step makes one result.
#   jid=$(sbatch --parsable --array=1-32 array.sh)
#   sbatch --dependency=afterany:$jid merge.sh
# Jobs that were killed or ran out of time are simply submitted again: what is done stays done.
#SBATCH --job-name=qtools-sweep
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=02:00:00
#SBATCH --signal=TERM@60

srun qtools compile sweep grid.toml --out sweep/ --quiet \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --executor "processes:$SLURM_CPUS_PER_TASK"
