import Recipes

runCommand("predict") { try PredictCommand.run() }
