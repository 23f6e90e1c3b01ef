#!/bin/sh
# Evaluates predictions in four shards:  sbatch slurm_array.sh DATA RESULTS
#SBATCH --job-name=torchloss
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --output=torchloss-%A-%a.log
set -eu
data=$1
results=$2
exec torchloss evaluate --input "$data/logits.npy" --target "$data/labels.npy" \
  --shard auto --results "$results" --threads "${SLURM_CPUS_PER_TASK:-1}" --quiet
