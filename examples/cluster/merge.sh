#!/bin/bash
# Makes one result of all shards; says how many points are missing if some are (exit code 75).
#SBATCH --job-name=qtools-merge
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --time=01:00:00

qtools merge sweep/
