// What a user's program needs, by one import.
@_exported import LanesData
@_exported import LanesExchange
@_exported import LanesFiles
@_exported import LanesGraph
@_exported import LanesKernels
@_exported import LanesTraining
