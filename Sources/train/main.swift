import Foundation
import Recipes
import StaticGraph

let data = try DigitData(directory: CommandLine.arguments.dropFirst(2).first)
print(data.origin)
var recipe = Recipe.all.first { $0.name == CommandLine.arguments.dropFirst().first } ?? .augmented
let trainer = try Trainer(recipe, data: data, seed: 1, threads: 2)
print(trainer.planTable)
try trainer.run(onEpoch: { e in print(e.epoch, e.seconds, e.trainLoss, e.test.loss, e.test.accuracies) })
