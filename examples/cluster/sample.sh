#!/bin/bash
# Sampling on several nodes of four GPUs: every job does its share, a worker per GPU; then merge:
#   jid=$(sbatch --parsable --array=1-8 sample.sh)
#   sbatch --dependency=afterany:$jid --wrap "qtools merge circuits/"
#SBATCH --job-name=qtools-sample
#SBATCH --gres=gpu:4
#SBATCH --cpus-per-task=8
#SBATCH --time=02:00:00
#SBATCH --signal=TERM@60

srun qtools generate sample --model model/ -n 100000 --out circuits/ --quiet \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --devices cuda --executor processes:4
