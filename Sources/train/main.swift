import Recipes

runCommand("train") { try TrainCommand.run() }
