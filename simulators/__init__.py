"""A world to try it on: autopilots, cameras, traffic, faults and scenarios; known to others only by the wire."""
