"""What is left of files when a program that writes them is killed, or the disk fills up."""
