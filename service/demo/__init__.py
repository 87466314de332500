"""The demonstration: a simulated district, the real service, a patrol flown through its doors, and a verdict.

Three processes work as they would in a district: the simulated world speaks MAVLink, RTSP and MPEG-TS on loopback; the
service takes them in; a pilot without a browser signs in and flies over HTTP and WebSocket. The verdict compares what
that client was told with what the world wrote down as the truth, which the service never sees.
"""
