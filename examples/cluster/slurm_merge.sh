#!/bin/sh
# Merges the shards once all of them have ended:
#   array=$(sbatch --parsable slurm_array.sh DATA RESULTS)
#   sbatch --dependency="afterany:$array" slurm_merge.sh RESULTS
#SBATCH --job-name=torchloss-merge
#SBATCH --time=00:10:00
#SBATCH --output=torchloss-merge-%j.log
set -eu
exec torchloss merge "$1" --wait 60s
