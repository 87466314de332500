"""One running service: HTTP and WebSocket doors, sign-in and roles, configuration, storage, command line."""
