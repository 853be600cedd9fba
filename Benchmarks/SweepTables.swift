import LanesKernels

extension SweepTable {
    /// `sweep/conv3x3/CHANNELS@SIZE`, `sweep/conv1x1/…`, `sweep/conv5x5/…` and `sweep/matmul/MxNxK`.
    static var all: [SweepTable] {
        [
            convolutions(
                kernel: 3, channels: [1, 3, 6, 8, 16, 24, 32, 48, 64, 100, 128, 256, 512],
                images: [7, 14, 28, 56, 112, 224]),
            convolutions(kernel: 1, channels: [1, 3, 8, 16, 32, 64, 100, 128, 256, 512], images: [7, 14, 28, 56]),
            convolutions(kernel: 5, channels: [1, 3, 6, 8, 16, 32, 64, 100, 128], images: [7, 14, 28, 56]),
            matrixProducts(
                rows: [1, 8, 64, 256], columns: [1, 3, 8, 10, 16, 24, 33, 64, 100, 250, 512], depths: [9, 72, 500]),
        ]
    }

    private static func convolutions(kernel: Int, channels: [Int], images: [Int]) -> SweepTable {
        let rows = images.map { size in
            let cells = channels.map { channels -> Cell in
                let window = WindowGeometry(
                    input: Extent(height: size, width: size), channels: channels,
                    kernel: Extent(height: kernel, width: kernel),
                    padding: Padding(height: kernel / 2, width: kernel / 2))
                let geometry = ConvolutionGeometry(window: window, outputChannels: channels)
                if 2 * geometry.multiplyAdds > mostOperations { return .leftOut }
                let item = Case(name: "sweep/conv\(kernel)x\(kernel)/\(channels)@\(size)") {
                    let step = ConvolutionStep(window, outputs: channels)
                    return Work(
                        operations: step.operations, threads: 1, verify: step.verify, time: step.time, plain: nil)
                }
                return .measured(item, mustReachHalf: channels >= 8 && window.patch >= 32)
            }
            return ("\(size)×\(size)", cells)
        }
        return SweepTable(
            heading: """
                \(kernel)×\(kernel) convolutions, stride 1, padding \(kernel / 2), as many channels out as in: % of the peak of one thread
                for forward, backward to the data and to the weights, \(ConvolutionStep.batchSize) images, counted as direct products
                """,
            corner: "image \\ channels", columns: channels.map(String.init), rows: rows)
    }

    private static func matrixProducts(rows: [Int], columns: [Int], depths: [Int]) -> SweepTable {
        let lines = depths.flatMap { k in
            rows.map { m in
                let cells = columns.map { n in
                    Cell.measured(
                        matrixCase("sweep/matmul/\(m)x\(n)x\(k)", m, n, k), mustReachHalf: m >= 8 && n >= 8 && k >= 32)
                }
                return ("\(m) × \(k)", cells)
            }
        }
        return SweepTable(
            heading: "Products of row-major matrices, [rows × depth]·[depth × columns]: % of the peak of one thread",
            corner: "rows × depth \\ columns", columns: columns.map(String.init), rows: lines)
    }
}
