import LanesCommandLine

runCommand("evaluate") { try EvaluateCommand.run() }
