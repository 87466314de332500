"""The commands of ``liti``, one file each; what is heavy is imported when a command needs it."""
