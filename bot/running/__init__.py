"""What a process that runs for months needs: health, logs, metrics, work in flight."""
