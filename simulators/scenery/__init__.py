"""How the world looks from a camera: ground, buildings and movers, drawn on the processor."""
