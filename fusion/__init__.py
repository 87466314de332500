"""What is seen: video in, detections, geolocation, tracks, the picture and its stream."""
