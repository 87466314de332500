"""Aircraft under control over MAVLink: links, telemetry, commands, the transfer of plans, and the fleet."""
