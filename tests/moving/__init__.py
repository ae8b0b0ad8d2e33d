"""What the public sees of a service, to be held against what it sees of another one."""
