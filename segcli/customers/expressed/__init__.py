"""The reduction as expressions that every engine runs alike; what text means is said by segcli's own readers."""
