"""`./dev chaos`: every fault that the service must survive, provoked on purpose; what holds afterwards."""
