"""What a process that runs for months needs: health, logs, metrics, background work, limits on connections."""
