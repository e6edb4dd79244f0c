"""Several hosts on one machine, broken one after the other under people."""
