import LanesCommandLine

runCommand("train") { try TrainCommand.run() }
