"""The front end without a screen: commands, standard output and error, exit codes. A seat like any other."""
