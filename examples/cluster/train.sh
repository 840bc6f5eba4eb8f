#!/bin/bash
# Training on all GPUs of one node: same losses as on one GPU at the same rows_per_batch.
#SBATCH --job-name=qtools-train
#SBATCH --gres=gpu:4
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --requeue

srun torchrun --standalone --nproc-per-node=4 -m qtools generate train \
  --corpus corpus/ --recipe gpu --out model/ --quiet
