import Foundation

exit(TrainCommand.run())
