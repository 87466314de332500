"""An RTSP server for rendered cameras: RFC 2326, with RTP (RFC 3550, RFC 6184) over UDP or interleaved."""
