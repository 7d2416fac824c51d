"""What package managers leave behind: their databases and the records beside the files they installed."""
