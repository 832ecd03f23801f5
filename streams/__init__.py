"""How things move: settings, wire formats, agents, sinks, clients and the command line."""
