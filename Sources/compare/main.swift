import LanesCommandLine

runCommand("compare") { try CompareCommand.run() }
