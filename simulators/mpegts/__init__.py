"""An aircraft's video as it comes from real ones: MPEG transport stream with H.264 and KLV metadata, over UDP."""
