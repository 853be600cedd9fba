import LanesCommandLine

runCommand("predict") { try PredictCommand.run() }
