import LanesCommandLine

runCommand("export") { try ExportCommand.run() }
