"""The cameras' video: time stamps in it, its encoder, and the process that draws and encodes it."""
