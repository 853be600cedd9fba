import Foundation

extension ResultSum {
    /// The results of an epoch so far, for a checkpoint in the middle of it.
    struct Saved: Codable {
        let count: Int
        let steps: Int
        /// Of each head the sum of its losses and of its samples' weights.
        let losses: [[Double]]
        let confusions: [ConfusionMatrix]
        /// Of each figure that does not follow from the confusion matrix.
        let sums: [Data?]
    }

    func saved() throws -> Saved {
        Saved(
            count: count, steps: steps, losses: losses.map { [$0.sum, $0.weight] }, confusions: confusions,
            sums: try sums.map { try $0.map { try Checkpoint.encoder.encode($0) } })
    }

    /// - Throws: `ModelError` for sums of another network or of other metrics.
    func restore(_ saved: Saved) throws {
        guard saved.losses.map(\.count) == losses.map({ _ in 2 }),
            saved.confusions.map(\.classes) == confusions.map(\.classes),
            saved.sums.map({ $0 == nil }) == sums.map({ $0 == nil })
        else {
            throw ModelError(
                "running sums", found: "\(saved.losses.count) heads and \(saved.sums.count) figures",
                expected: "those of the network and its metrics")
        }
        sums = try zip(sums, saved.sums).map { sum, data in
            guard let sum, let data else { return nil }
            return try Self.decode(type(of: sum), data)
        }
        (count, steps, confusions) = (saved.count, saved.steps, saved.confusions)
        losses = saved.losses.map { ($0[0], $0[1]) }
    }

    private static func decode(_ type: any MetricSum.Type, _ data: Data) throws -> any MetricSum {
        try Checkpoint.decoder.decode(type, from: data)
    }
}
