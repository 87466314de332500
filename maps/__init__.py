"""What stands still: positions and frames, terrain, buildings, zones, sites, fixed cameras and what they cover."""
