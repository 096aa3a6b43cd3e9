"""What a seat draws and which key does what."""
