import Recipes

runCommand("evaluate") { try EvaluateCommand.run() }
